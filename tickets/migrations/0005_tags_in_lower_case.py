"""Tags are in lower case: of those that differed in that alone, one stays, on all their tickets."""

from django.db import migrations

import tickets.models.ticket


def merge_twins(apps, schema_editor):
    tag_model = apps.get_model("tickets", "Tag")
    pair_model = apps.get_model("tickets", "Ticket").tags.through
    for tag in list(tag_model.objects.order_by("pk")):
        name = tag.name.lower()[:60]  # some letters (İ) take more characters then
        if name == tag.name:
            continue
        twin = tag_model.objects.filter(name=name).first()
        if twin is None:
            tag.name = name
            tag.save()
            continue
        has_both = pair_model.objects.filter(tag=twin).values("ticket")
        pair_model.objects.filter(tag=tag).exclude(ticket__in=has_both).update(tag=twin)
        tag.delete()


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_checked_rules")]

    operations = [
        migrations.RunPython(merge_twins, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="tag",
            name="name",
            field=tickets.models.ticket.LowerCaseField(max_length=60, unique=True),
        ),
    ]
