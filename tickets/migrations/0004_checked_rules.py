"""What people write into calendars and triggers is checked box by box; the columns stay as they are."""

import django.db.models.deletion
import tickets.models.desk
import tickets.models.sla
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0003_desk"),
    ]

    operations = [
        migrations.AlterField(
            model_name="calendar",
            name="holidays",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text='["2026-12-25", …]',
                validators=[tickets.models.sla.validate_holidays],
            ),
        ),
        migrations.AlterField(
            model_name="calendar",
            name="hours",
            field=models.JSONField(
                default=tickets.models.sla._working_days,
                validators=[tickets.models.sla.validate_hours],
            ),
        ),
        migrations.AlterField(
            model_name="queue",
            name="sla_policy",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="queues",
                to="tickets.slapolicy",
                verbose_name="SLA policy",
            ),
        ),
        migrations.AlterField(
            model_name="trigger",
            name="actions",
            field=models.JSONField(default=list, validators=[tickets.models.desk.validate_actions]),
        ),
        migrations.AlterField(
            model_name="trigger",
            name="condition",
            field=models.CharField(
                blank=True,
                help_text="As in the search: priority:urgent queue:support. Empty: always.",
                max_length=500,
                validators=[tickets.models.desk.validate_condition],
            ),
        ),
    ]
