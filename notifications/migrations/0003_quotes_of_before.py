"""Quotes of notifications that were told before these were written down: their data names the message."""

from itertools import islice

from django.db import migrations


def write_down(apps, schema_editor):
    notification_model = apps.get_model("notifications", "Notification")
    quote_model = apps.get_model("notifications", "Quote")
    rows = notification_model.objects.filter(data__has_key="message_id", quotes=None)
    told = rows.values_list("pk", "count", "data__message_id").iterator()
    while some := list(islice(told, 1000)):
        quote_model.objects.bulk_create(
            quote_model(notification_id=pk, count=count, source=f"message:{message}")
            for pk, count, message in some
        )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_quotes")]

    operations = [migrations.RunPython(write_down, migrations.RunPython.noop)]
