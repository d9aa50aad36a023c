import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Identifier',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('value', models.TextField(unique=True)),
                ('key', models.BigIntegerField(db_index=True)),
                ('search_key', models.BinaryField(db_index=True, max_length=80)),
                ('is_known', models.BooleanField(default=False)),
                ('first_seen_us', models.BigIntegerField()),
                ('last_seen_us', models.BigIntegerField()),
                ('events', models.BigIntegerField(default=0)),
                ('first_touch', models.JSONField(default=dict)),
                ('first_touch_us', models.BigIntegerField(null=True)),
                ('last_touch', models.JSONField(default=dict)),
                ('last_touch_us', models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='IdentityState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_id', models.BigIntegerField(default=1)),
                ('version', models.BigIntegerField(default=0)),
                ('recent', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('key', models.BigIntegerField(primary_key=True, serialize=False)),
                ('root_key', models.BigIntegerField()),
                ('version', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.TextField(unique=True, verbose_name='key')),
                ('name', models.TextField(verbose_name='name')),
                ('name_key', models.BinaryField(max_length=80)),
                ('is_manual', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'companies',
                'indexes': [models.Index(fields=['name_key', 'id'], name='company_name')],
            },
        ),
        migrations.CreateModel(
            name='MergeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('origin', models.CharField(max_length=40)),
                ('at_us', models.BigIntegerField()),
                ('event_id', models.TextField()),
                ('merged_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('merged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.identifier')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.identifier')),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-merged_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('is_visible', models.BooleanField(default=True)),
                ('is_known', models.BooleanField(default=False, verbose_name='known')),
                ('has_email', models.BooleanField(default=False, verbose_name='has an e-mail address')),
                ('identifier', models.TextField(verbose_name='identifier')),
                ('name', models.TextField(default='', verbose_name='name')),
                ('email', models.TextField(default='', verbose_name='e-mail')),
                ('first_seen_us', models.BigIntegerField(verbose_name='first seen')),
                ('last_seen_us', models.BigIntegerField(verbose_name='last seen')),
                ('events', models.BigIntegerField(default=0, verbose_name='events')),
                ('first_channel', models.TextField(default='', verbose_name='first channel')),
                ('last_channel', models.TextField(default='', verbose_name='last channel')),
                ('name_key', models.BinaryField(max_length=80)),
                ('surname_key', models.BinaryField(default=b'', max_length=80)),
                ('email_key', models.BinaryField(default=b'', max_length=80)),
                ('company', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='people', to='people.company')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_visible', True)), fields=['-last_seen_us', '-id'], name='person_last'), models.Index(condition=models.Q(('is_visible', True)), fields=['-first_seen_us', '-id'], name='person_first'), models.Index(condition=models.Q(('is_visible', True)), fields=['name_key', 'id'], name='person_name'), models.Index(condition=models.Q(('is_visible', True)), fields=['-events', '-id'], name='person_events'), models.Index(condition=models.Q(('is_visible', True)), fields=['surname_key'], name='person_surname'), models.Index(condition=models.Q(('has_email', True), ('is_visible', True)), fields=['email_key'], name='person_email'), models.Index(condition=models.Q(('is_visible', True)), fields=['first_channel', '-last_seen_us', '-id'], name='person_channel'), models.Index(condition=models.Q(('has_email', True), ('is_visible', True)), fields=['-last_seen_us', '-id'], name='person_has_email'), models.Index(condition=models.Q(('is_known', True), ('is_visible', True)), fields=['-last_seen_us', '-id'], name='person_known'), models.Index(condition=models.Q(('is_known', True), ('is_visible', True)), fields=['name_key', 'id'], name='person_known_name'), models.Index(condition=models.Q(('has_email', True), ('is_visible', True)), fields=['name_key', 'id'], name='person_email_name'), models.Index(condition=models.Q(('is_known', True), ('is_visible', True)), fields=['first_channel', '-last_seen_us', '-id'], name='person_known_channel'), models.Index(condition=models.Q(('has_email', True), ('is_visible', True)), fields=['first_channel', '-last_seen_us', '-id'], name='person_email_channel'), models.Index(fields=['company', '-last_seen_us'], name='person_company')],
            },
        ),
        migrations.AddField(
            model_name='identifier',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identifiers', to='people.person'),
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('query', models.TextField()),
                ('is_shared', models.BooleanField(default=False, verbose_name='shared')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(db_index=True, max_length=40)),
                ('is_known', models.BooleanField(default=False)),
                ('first_seen_us', models.BigIntegerField()),
                ('last_seen_us', models.BigIntegerField()),
                ('events', models.BigIntegerField(default=0)),
                ('first_touch', models.JSONField(default=dict)),
                ('first_touch_us', models.BigIntegerField(null=True)),
                ('last_touch', models.JSONField(default=dict)),
                ('last_touch_us', models.BigIntegerField(null=True)),
                ('identifier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to='people.identifier')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('identifier', 'origin'), name='sighting_once')],
            },
        ),
        migrations.CreateModel(
            name='TraitValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(db_index=True, max_length=40)),
                ('name', models.TextField()),
                ('value', models.JSONField(null=True)),
                ('digest', models.BigIntegerField()),
                ('first_us', models.BigIntegerField()),
                ('last_us', models.BigIntegerField()),
                ('once', models.BooleanField(default=False)),
                ('is_current', models.BooleanField(default=False)),
                ('identifier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='traits', to='people.identifier')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_current', True)), fields=['name', 'digest', 'identifier'], name='trait_current')],
                'constraints': [models.UniqueConstraint(fields=('identifier', 'name', 'digest', 'once', 'origin'), name='trait_once')],
            },
        ),
        migrations.CreateModel(
            name='CompanyTrait',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(db_index=True, max_length=40)),
                ('name', models.TextField()),
                ('value', models.JSONField(null=True)),
                ('at_us', models.BigIntegerField()),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='traits', to='people.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('company', 'name', 'origin'), name='company_trait_once')],
            },
        ),
        migrations.CreateModel(
            name='LinkRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('origin', models.CharField(db_index=True, max_length=40)),
                ('at_us', models.BigIntegerField()),
                ('event_id', models.TextField()),
                ('switched_off_at', models.DateTimeField(null=True)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links_out', to='people.identifier')),
                ('switched_off_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links_in', to='people.identifier')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'target', 'kind', 'origin'), name='link_once'), models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='link_between_two')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(db_index=True, max_length=40)),
                ('at_us', models.BigIntegerField()),
                ('is_removed', models.BooleanField(default=False)),
                ('is_current', models.BooleanField(default=False)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='people.company')),
                ('identifier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='people.identifier')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('identifier', 'company', 'origin'), name='membership_once')],
            },
        ),
    ]
