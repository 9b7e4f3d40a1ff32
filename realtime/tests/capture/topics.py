from __future__ import annotations

import realtime
from realtime.tests.capture.models import (
    Article,
    Book,
    Booth,
    Job,
    Price,
    Receipt,
    Shop,
    Stall,
    Voucher,
)

realtime.topic(
    "shop:<int:pk>",
    authorize=lambda user, pk: Job.objects.filter(shop=pk, user=user).exists(),
    depends_on=[realtime.Dependency(Job, scopes=lambda job: [f"user:{job.user_id}"])],
)
realtime.topic("shelf:<int:pk>", authorize=lambda user, pk: True)
realtime.topic("till", authorize=lambda user: True)
realtime.topic("market", authorize=lambda user: True)
realtime.topic("window", authorize=lambda user: True, stored=False)

realtime.live(
    Shop,
    topics=lambda shop: [f"shop:{shop.pk}"],
    data=lambda shop: {"name": shop.name},
    related=["staff"],
)
realtime.live(
    Article,
    topics=lambda article: [f"shop:{article.shop_id}", f"shelf:{article.shop_id}"],
    data=lambda article: {"id": article.pk, "name": article.name, "stock": article.stock},
    variants={"shelf": lambda article: {"name": article.name}},
    changed={
        "status": "article.status_changed",
        "keeper": "article.entrusted",
        "is_scarce": lambda article: "article.scarce" if article.stock < 3 else None,
    },
    related=["labels", "goes_with"],
    ignore=["looked_at", "seq"],
    when=lambda article: not article.hidden,
    seq_field="seq",
)
Article.is_scarce = property(lambda article: article.stock < 3)
realtime.live(
    Book,
    topics=lambda book: ["till"],
    data=lambda book: {"isbn": book.isbn, "name": book.name},
    related=["labels"],
)
realtime.live(
    Stall,
    topics=lambda stall: ["market"],
    data=lambda stall: {"number": stall.number, "name": stall.name},
    changed={"name": "stall.renamed"},
    related=["labels"],
)
realtime.live(
    Booth,
    topics=lambda booth: ["market"],
    data=lambda booth: {"lit": booth.lit, "name": booth.name},
)
realtime.live(
    Receipt, topics=lambda receipt: ["till"], data=lambda receipt: {"total": receipt.total}
)
realtime.live(
    Price,
    topics=lambda price: [f"shelf:{price.article.shop_id}"],
    data=lambda price: {"amount": price.amount, "article": price.article.name},
    fetch=["article"],
)
realtime.live(
    Voucher,
    topics=lambda voucher: ["till"],
    data=lambda voucher: {"name": voucher.name, "code": voucher.code, "uses": voucher.uses},
)
