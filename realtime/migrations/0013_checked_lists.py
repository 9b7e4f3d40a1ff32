"""Types of outgoing hooks and scopes of service keys are checked; the columns stay as they are."""

from django.db import migrations, models

import realtime.models.bridge
import realtime.models.json_lists


class Migration(migrations.Migration):
    dependencies = [
        ("realtime", "0012_numbering_by_key"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outgoinghook",
            name="types",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text='Event types, ["ticket.created"]; empty: all.',
                validators=[realtime.models.json_lists.validate_strings],
            ),
        ),
        migrations.AlterField(
            model_name="servicekey",
            name="scopes",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text='What it may address: "user", "users", "room", "staff", "all". Empty: everything.',
                validators=[realtime.models.bridge.validate_scopes],
            ),
        ),
    ]
