import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from suppilo.apps.deals.append_only import MAKING


def keep_ledger(apps, schema_editor):
    for statement in MAKING[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('catalogue', '0001_initial'),
        ('people', '0001_initial'),
        ('pipelines', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DealCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_number', models.PositiveBigIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='Deal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(unique=True)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('name_key', models.BinaryField(max_length=80)),
                ('state', models.CharField(choices=[('open', 'Open'), ('won', 'Won'), ('lost', 'Lost'), ('disqualified', 'Disqualified')], default='open', max_length=12)),
                ('entered_at', models.DateTimeField()),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('lost_note', models.TextField(blank=True)),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='source')),
                ('channel', models.CharField(blank=True, max_length=60, verbose_name='channel')),
                ('campaign', models.CharField(blank=True, max_length=200, verbose_name='campaign')),
                ('first_touch_fields', models.JSONField(blank=True, default=list)),
                ('currency', models.CharField(default='EUR', max_length=3, verbose_name='currency')),
                ('amount', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19, verbose_name='amount')),
                ('is_amount_typed', models.BooleanField(default=True)),
                ('cost', models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True)),
                ('discount', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=5)),
                ('probability', models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True)),
                ('probability_reason', models.CharField(blank=True, max_length=300)),
                ('expected_close', models.DateField(blank=True, null=True, verbose_name='expected close')),
                ('next_step', models.CharField(blank=True, max_length=300, verbose_name='next step')),
                ('next_step_at', models.DateTimeField(blank=True, null=True)),
                ('next_step_has_time', models.BooleanField(default=False)),
                ('last_activity_at', models.DateTimeField(blank=True, null=True)),
                ('competitors', models.JSONField(blank=True, default=list)),
                ('tags', models.JSONField(blank=True, default=list)),
                ('custom', models.JSONField(blank=True, default=dict)),
                ('satisfaction', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('demand', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('origin', models.CharField(blank=True, db_index=True, max_length=40)),
                ('external_id', models.CharField(blank=True, max_length=100)),
                ('revision', models.PositiveBigIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('company', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deals', to='people.company')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('first_touch_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='people.identifier')),
                ('lost_reason', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.lostreason')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deals', to=settings.AUTH_USER_MODEL)),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deals', to='pipelines.pipeline')),
                ('price_book', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalogue.pricebook')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deals', to='pipelines.stage')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deals', to='accounts.team')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.pipelineversion')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['pipeline', 'stage', 'next_step_at', 'id'], name='deal_board'), models.Index(fields=['pipeline', 'state', '-updated_at', '-id'], name='deal_list'), models.Index(fields=['owner', 'state', 'next_step_at', 'team', 'pipeline'], name='deal_owner'), models.Index(fields=['team', 'state'], name='deal_team'), models.Index(fields=['company', '-id'], name='deal_company'), models.Index(fields=['state', 'closed_at'], name='deal_closed'), models.Index(fields=['pipeline', 'opened_at'], name='deal_opened'), models.Index(fields=['name_key', 'id'], name='deal_name'), models.Index(fields=['-updated_at', '-id'], name='deal_updated'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['pipeline', 'state', 'closed_at', 'stage', 'currency', 'owner', 'team', 'amount', 'probability'], name='deal_ended'), models.Index(condition=models.Q(('state', 'open')), fields=['pipeline', 'stage', 'currency', 'owner', 'team', 'amount', 'probability', 'state'], name='deal_sums'), models.Index(fields=['-amount', '-id'], name='deal_amount'), models.Index(condition=models.Q(('external_id', ''), _negated=True), fields=['external_id'], name='deal_external')],
                'constraints': [models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('discount__lte', 1)), name='deal_discount'), models.CheckConstraint(condition=models.Q(('probability', None), models.Q(('probability__gte', 0), ('probability__lte', 1)), _connector='OR'), name='deal_probability')],
            },
        ),
        migrations.CreateModel(
            name='ChecklistTick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage_key', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='deals.deal')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('deal', 'stage_key', 'key'), name='tick_once')],
            },
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('discount', 'Discount'), ('stage', 'Stage')], max_length=10)),
                ('key', models.CharField(blank=True, max_length=130)),
                ('rate', models.DecimalField(decimal_places=4, max_digits=5, null=True)),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('approved', 'Approved'), ('refused', 'Refused'), ('superseded', 'No longer valid')], default='asked', max_length=12)),
                ('ask_reason', models.TextField(blank=True)),
                ('answer_reason', models.TextField(blank=True)),
                ('asked_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='deals.deal')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['state', '-id'], name='approval_state')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(blank=True, max_length=60)),
                ('name', models.CharField(max_length=255)),
                ('stored_name', models.CharField(blank=True, max_length=80)),
                ('url', models.URLField(blank=True, max_length=1000)),
                ('size_bytes', models.BigIntegerField(null=True)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='deals.deal')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('path', models.CharField(max_length=500)),
                ('event_id', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('properties', models.JSONField(default=dict)),
                ('is_public', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['path', 'name', 'at'], name='fact_path_name')],
                'constraints': [models.UniqueConstraint(fields=('event_id', 'path'), name='fact_once')],
            },
        ),
        migrations.CreateModel(
            name='FieldChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=140)),
                ('old', models.JSONField(null=True)),
                ('new', models.JSONField(null=True)),
                ('source', models.CharField(choices=[('page', 'By hand'), ('bulk', 'In bulk'), ('api', 'Through the API'), ('import', 'By an import'), ('automation', 'By itself'), ('server', 'By the server')], max_length=12)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='field_changes', to='deals.deal')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['deal', '-id'], name='field_change_deal'), models.Index(fields=['field', 'at'], name='field_change_at')],
            },
        ),
        migrations.CreateModel(
            name='LineItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('description', models.CharField(max_length=300, verbose_name='description')),
                ('quantity', models.DecimalField(decimal_places=3, default=Decimal('1'), max_digits=14)),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=19)),
                ('list_price', models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True)),
                ('unit_cost', models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True)),
                ('discount', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=5)),
                ('position', models.PositiveIntegerField(default=0)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='deals.deal')),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.product')),
            ],
            options={
                'ordering': ['deal', 'position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='line_quantity'), models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('discount__lte', 1)), name='line_discount')],
            },
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('decision_maker', 'Decision-maker'), ('buyer', 'Buyer'), ('user', 'User'), ('influencer', 'Influencer'), ('champion', 'Champion'), ('gatekeeper', 'Gatekeeper'), ('contact', 'Contact')], default='contact', max_length=20)),
                ('influence', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('is_main', models.BooleanField(default=False)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='participations', to='people.identifier')),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='participants', to='deals.deal')),
            ],
            options={
                'ordering': ['-is_main', 'id'],
                'constraints': [models.UniqueConstraint(fields=('deal', 'contact'), name='participant_once'), models.UniqueConstraint(condition=models.Q(('is_main', True)), fields=('deal',), name='participant_main_once')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('query', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='StageChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('open', 'Opened'), ('advance', 'Moved on'), ('back', 'Moved back'), ('win', 'Won'), ('lose', 'Lost'), ('disqualify', 'Disqualified'), ('reopen', 'Opened again'), ('hand_over', 'Handed over'), ('renew_version', 'Moved to another version'), ('correct', 'Corrected')], max_length=15)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('source', models.CharField(choices=[('page', 'By hand'), ('bulk', 'In bulk'), ('api', 'Through the API'), ('import', 'By an import'), ('automation', 'By itself'), ('server', 'By the server')], max_length=12)),
                ('reason', models.TextField(blank=True)),
                ('evidence', models.JSONField(default=list)),
                ('origin', models.CharField(blank=True, db_index=True, max_length=40)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='deals.stagechange')),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='deals.deal')),
                ('from_stage', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.stage')),
                ('to_stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.stage')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.pipelineversion')),
            ],
            options={
                'ordering': ['deal', 'number'],
                'indexes': [models.Index(fields=['at'], name='change_at'), models.Index(fields=['to_stage', 'at'], name='change_to_at')],
                'constraints': [models.UniqueConstraint(fields=('deal', 'number'), name='change_number_once')],
            },
        ),
        migrations.CreateModel(
            name='Dismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(blank=True)),
                ('evidence', models.JSONField(default=list)),
                ('source', models.CharField(choices=[('page', 'By hand'), ('bulk', 'In bulk'), ('api', 'Through the API'), ('import', 'By an import'), ('automation', 'By itself'), ('server', 'By the server')], max_length=12)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dismissals', to='deals.deal')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.stage')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('criterion_key', models.CharField(max_length=60)),
                ('text', models.CharField(max_length=300)),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waivers', to='deals.stagechange')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['at'], name='waiver_at')],
            },
        ),
        migrations.CreateModel(
            name='BroughtUnmet',
            fields=[
                ('deal', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='brought_unmet', serialize=False, to='deals.deal')),
                ('missing', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
                ('met_at', models.DateTimeField(null=True)),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.stage')),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='brought_at')],
            },
        ),
        migrations.RunPython(keep_ledger, migrations.RunPython.noop),
    ]
