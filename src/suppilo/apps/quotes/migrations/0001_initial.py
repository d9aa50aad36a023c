import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('catalogue', '0001_initial'),
        ('deals', '0001_initial'),
        ('letterhead', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('language', models.CharField(default='en', max_length=10)),
                ('customer_name', models.CharField(max_length=200, verbose_name='customer')),
                ('customer_details', models.TextField(blank=True, verbose_name='address and numbers')),
                ('contact_name', models.CharField(blank=True, max_length=200, verbose_name='contact')),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('introduction', models.TextField(blank=True, verbose_name='introduction')),
                ('terms', models.TextField(blank=True, verbose_name='terms')),
                ('seller', models.JSONField(default=dict)),
                ('list_net', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('net', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('tax', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('total', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('number', models.CharField(blank=True, max_length=30)),
                ('version', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('sent', 'Sent'), ('opened', 'Opened'), ('accepted', 'Accepted'), ('refused', 'Declined'), ('expired', 'Expired'), ('withdrawn', 'Withdrawn')], default='draft', max_length=12)),
                ('valid_until', models.DateField(verbose_name='valid until')),
                ('link_id', models.CharField(blank=True, max_length=32)),
                ('sent_at', models.DateTimeField(null=True)),
                ('sent_to', models.EmailField(blank=True, max_length=254)),
                ('opened_at', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.CharField(blank=True, max_length=200)),
                ('answered_from', models.CharField(blank=True, max_length=45)),
                ('reason', models.TextField(blank=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quotes', to='deals.deal')),
                ('logo', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='letterhead.logo')),
                ('replaces', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='quotes.quote')),
                ('sent_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['deal', '-id'], name='quote_deal'), models.Index(fields=['state', '-id'], name='quote_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('number', ''), _negated=True), fields=('number', 'version'), name='quote_number_once'), models.UniqueConstraint(condition=models.Q(('link_id', ''), _negated=True), fields=('link_id',), name='quote_link_once')],
            },
        ),
        migrations.CreateModel(
            name='QuoteLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('description', models.CharField(max_length=300)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=14)),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=19)),
                ('discount', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=5)),
                ('tax_rate', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=5)),
                ('net', models.DecimalField(decimal_places=4, max_digits=19)),
                ('tax', models.DecimalField(decimal_places=4, max_digits=19)),
                ('list_price', models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalogue.product')),
                ('quote', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='quotes.quote')),
            ],
            options={
                'ordering': ['position'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='quote_line_quantity'), models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('discount__lte', 1), ('tax_rate__gte', 0), ('tax_rate__lte', 1)), name='quote_line_shares'), models.UniqueConstraint(fields=('quote', 'position'), name='quote_line_once')],
            },
        ),
        migrations.CreateModel(
            name='QuoteVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('visitor', models.CharField(max_length=64)),
                ('began_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('quote', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='quotes.quote')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['quote', 'visitor', '-last_at'], name='quote_visit_last')],
            },
        ),
    ]
