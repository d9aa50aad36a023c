import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


REASONS = [
    "Not reached",
    "Wrong details",
    "No need",
    "No budget",
    "Too early",
    "Not our market",
    "Somebody else's client",
]


def make_reasons(apps, schema_editor):
    """Give a new server reasons to begin with; people change them in the settings."""
    reasons = apps.get_model("leads", "ReturnReason").objects.using(schema_editor.connection.alias)
    for position, name in enumerate(REASONS):
        reasons.get_or_create(name=name, defaults={"position": position})


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('deals', '0001_initial'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReturnReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('position', models.PositiveIntegerField(default=0)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('waited_since', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('answer_min', models.PositiveIntegerField()),
                ('on_overdue', models.CharField(choices=[('nothing', 'It is shown as late'), ('reroute', 'Somebody else gets it'), ('head', 'The head of sales gets it')], default='nothing', max_length=12)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answer_s', models.BigIntegerField(null=True)),
                ('watched_s', models.BigIntegerField(null=True)),
                ('escalated_at', models.DateTimeField(null=True)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('end', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('returned', 'Returned'), ('passed_on', 'Passed on'), ('disqualified', 'Disqualified')], max_length=12)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team')),
                ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['at'], name='hand_over_at'), models.Index(fields=['to', 'at'], name='hand_over_to'), models.Index(condition=models.Q(('answered_at', None), ('ended_at', None)), fields=['due_at'], name='hand_over_unanswered'), models.Index(condition=models.Q(('escalated_at__isnull', False), ('mailed_at', None)), fields=['escalated_at'], name='hand_over_to_mail')],
            },
        ),
        migrations.CreateModel(
            name='IntakeRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('events', models.JSONField(default=list)),
                ('property', models.CharField(blank=True, max_length=255, verbose_name='property')),
                ('values', models.JSONField(blank=True, default=list)),
                ('needs_email', models.BooleanField(default=True, verbose_name='the e-mail address is known')),
                ('interest_property', models.CharField(blank=True, max_length=255, verbose_name='interest from')),
                ('is_qualified', models.BooleanField(default=False, verbose_name='qualified at once')),
                ('is_handed_over', models.BooleanField(default=False, verbose_name='handed over at once')),
                ('again_after_days', models.PositiveIntegerField(default=30)),
                ('is_enabled', models.BooleanField(default=True)),
                ('after_us', models.BigIntegerField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('is_handed_over', False), ('is_qualified', True), _connector='OR'), name='intake_handed_over_is_qualified')],
            },
        ),
        migrations.CreateModel(
            name='Lead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('new', 'New'), ('qualified', 'Qualified'), ('handed_over', 'Handed over'), ('accepted', 'Accepted'), ('returned', 'Returned'), ('disqualified', 'Disqualified'), ('converted', 'Became a deal')], default='new', max_length=12)),
                ('origin', models.CharField(choices=[('hand', 'By hand'), ('bulk', 'From the list of people'), ('api', 'Through the API'), ('rule', 'By a rule')], max_length=5)),
                ('interest', models.CharField(blank=True, max_length=200, verbose_name='interest')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('source', models.CharField(blank=True, max_length=200, verbose_name='source')),
                ('channel', models.CharField(blank=True, max_length=60, verbose_name='channel')),
                ('campaign', models.CharField(blank=True, max_length=200, verbose_name='campaign')),
                ('came_at', models.DateTimeField()),
                ('qualified_at', models.DateTimeField(blank=True, null=True)),
                ('route_since', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('revision', models.PositiveBigIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='people.identifier')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='from_leads', to='deals.deal')),
                ('hand_over', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leads.handover')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leads', to=settings.AUTH_USER_MODEL)),
                ('rule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='leads', to='leads.intakerule')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['-came_at', '-id'],
                'indexes': [models.Index(fields=['state', '-came_at', '-id'], name='lead_inbox'), models.Index(fields=['owner', 'state'], name='lead_owner'), models.Index(fields=['team', 'state'], name='lead_team'), models.Index(fields=['-came_at', '-id'], name='lead_came'), models.Index(condition=models.Q(('route_since', None), _negated=True), fields=['route_since'], name='lead_to_route')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['new', 'qualified', 'handed_over', 'accepted', 'returned'])), fields=('contact',), name='lead_open_once')],
            },
        ),
        migrations.AddField(
            model_name='handover',
            name='lead',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hand_overs', to='leads.lead'),
        ),
        migrations.CreateModel(
            name='LeadChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('came', 'Came in'), ('qualify', 'Qualified'), ('wait', 'Waits for somebody at work'), ('hand_over', 'Handed over'), ('accept', 'Accepted'), ('return', 'Returned'), ('disqualify', 'Disqualified'), ('convert', 'Became a deal'), ('escalate', 'Escalated'), ('edit', 'Changed')], max_length=12)),
                ('from_state', models.CharField(blank=True, choices=[('new', 'New'), ('qualified', 'Qualified'), ('handed_over', 'Handed over'), ('accepted', 'Accepted'), ('returned', 'Returned'), ('disqualified', 'Disqualified'), ('converted', 'Became a deal')], max_length=12)),
                ('to_state', models.CharField(choices=[('new', 'New'), ('qualified', 'Qualified'), ('handed_over', 'Handed over'), ('accepted', 'Accepted'), ('returned', 'Returned'), ('disqualified', 'Disqualified'), ('converted', 'Became a deal')], max_length=12)),
                ('at', models.DateTimeField()),
                ('reason', models.TextField(blank=True)),
                ('evidence', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='leads.lead')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['lead', 'number'],
                'constraints': [models.UniqueConstraint(fields=('lead', 'number'), name='lead_change_once')],
            },
        ),
        migrations.AddField(
            model_name='handover',
            name='reason',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.returnreason'),
        ),
        migrations.CreateModel(
            name='RoutingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('position', models.PositiveIntegerField(default=0)),
                ('is_enabled', models.BooleanField(default=True)),
                ('property_of', models.CharField(choices=[('person', "the person's"), ('company', "the company's")], default='person', max_length=10)),
                ('property', models.CharField(blank=True, max_length=255, verbose_name='property')),
                ('values', models.JSONField(blank=True, default=list)),
                ('interests', models.JSONField(blank=True, default=list)),
                ('method', models.CharField(choices=[('round_robin', 'In turn'), ('load', 'Who has the fewest open leads and deals')], default='round_robin', max_length=12)),
                ('takes_absent', models.BooleanField(default=False, verbose_name='also who is away')),
                ('takes_after_hours', models.BooleanField(default=False, verbose_name='also outside working hours')),
                ('answer_min', models.PositiveIntegerField(blank=True, null=True, verbose_name='answer within')),
                ('on_overdue', models.CharField(blank=True, choices=[('nothing', 'It is shown as late'), ('reroute', 'Somebody else gets it'), ('head', 'The head of sales gets it')], max_length=12)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
                ('users', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddField(
            model_name='handover',
            name='rule',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leads.routingrule'),
        ),
        migrations.CreateModel(
            name='WorkingHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('time_zone', models.CharField(max_length=60, verbose_name='time zone')),
                ('week', models.JSONField(default=dict)),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('subdivision', models.CharField(blank=True, max_length=10, verbose_name='region')),
                ('answer_min', models.PositiveIntegerField(default=60, verbose_name='answer within')),
                ('on_overdue', models.CharField(choices=[('nothing', 'It is shown as late'), ('reroute', 'Somebody else gets it'), ('head', 'The head of sales gets it')], default='nothing', max_length=12, verbose_name='when overdue')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name_plural': 'working hours',
                'constraints': [models.UniqueConstraint(fields=('team',), name='hours_team_once'), models.UniqueConstraint(models.Value(1), condition=models.Q(('team', None)), name='hours_without_team_once')],
            },
        ),
        migrations.CreateModel(
            name='DayOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('name', models.CharField(blank=True, max_length=100, verbose_name='name')),
                ('hours', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days_off', to='leads.workinghours')),
            ],
            options={
                'ordering': ['day'],
                'constraints': [models.UniqueConstraint(fields=('hours', 'day'), name='day_off_once')],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_day', models.DateField(verbose_name='from')),
                ('last_day', models.DateField(verbose_name='until')),
                ('note', models.CharField(blank=True, max_length=100, verbose_name='note')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['first_day', 'id'],
                'indexes': [models.Index(fields=['user', 'last_day'], name='absence_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='absence_span')],
            },
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('lead',), name='hand_over_open_once'),
        ),
        migrations.RunPython(make_reasons, migrations.RunPython.noop),
    ]
