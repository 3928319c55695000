-- The Complete Journey (84.51°) -> input contract. One household is one contact, one basket one order.
-- Views transactions, demographics, products, campaigns, campaign_descriptions and
-- coupon_redemptions are the package's files; timestamps of transactions are UTC.

create table orders as
select
    cast(basket_id as varchar) as order_id,
    cast(min(household_id) as varchar) as contact_id,
    'order' as document_type,
    min(transaction_timestamp) as ordered_at,
    'USD' as currency,
    -- What the shop receives; manufacturers repay their coupons, so coupon_disc is not taken off.
    sum(cast(sales_value as decimal(18, 4)))::decimal(18, 4) as net_amount,
    -- The shop's own discounts, already taken off sales_value.
    sum(
        cast(retail_disc as decimal(18, 4)) + cast(coupon_match_disc as decimal(18, 4))
    )::decimal(18, 4) as discount_amount,
    'store' as channel
from transactions
group by basket_id;

create table order_lines as
select
    cast(file_row as varchar) as order_line_id,
    cast(basket_id as varchar) as order_id,
    cast(product_id as varchar) as product_id,
    quantity,
    -- 8,869 lines have quantity 0: their unit price cannot be known, so it is NULL, and staging
    -- rejects the line as missing_value. The order keeps their value.
    cast(round(sales_value / nullif(quantity, 0), 4) as decimal(18, 4)) as unit_price
from transactions;

-- Local dates (America/New_York) without a time of day become the UTC time of local midnight.
create macro local_midnight_in_utc(local_date) as
    timezone('UTC', timezone('America/New_York', cast(local_date as timestamp)));

create table events as
-- Campaigns are printed mail, not e-mail: no standard event type may claim them.
select
    'mail-' || campaigns.file_row as event_id,
    cast(campaigns.household_id as varchar) as contact_id,
    'mail_sent' as event_type,
    -- The package gives the campaign's period only: its first day stands for the day of sending.
    local_midnight_in_utc(campaign_descriptions.start_date) as occurred_at,
    'post' as channel,
    cast(campaigns.campaign_id as varchar) as campaign_id,
    json_object(
        'campaign_type', campaign_descriptions.campaign_type,
        'ends_on', cast(campaign_descriptions.end_date as date)
    ) as properties
from campaigns
left join campaign_descriptions using (campaign_id)

union all

select
    'coupon-' || file_row,
    cast(household_id as varchar),
    'coupon_redeemed',
    local_midnight_in_utc(redemption_date),
    'store',
    cast(campaign_id as varchar),
    json_object('coupon_upc', cast(coupon_upc as varchar))
from coupon_redemptions;

create table contacts as
with first_seen as (
    -- No sign-up date: a household exists from the first basket or mailing on.
    select contact_id, min(seen_at) as created_at
    from (
        select contact_id, ordered_at as seen_at from orders
        union all
        select contact_id, occurred_at from events
    )
    group by contact_id
)

select
    contact_id,
    'US' as country_code,
    'America/New_York' as time_zone,
    -- Known for 801 households. Bands and counts stay text ("19-24", "3+"): no number is made up.
    case when demographics.household_id is not null then json_object(
        'age', age,
        'income', income,
        'home_ownership', home_ownership,
        'marital_status', marital_status,
        'household_size', household_size,
        'household_composition', household_comp,
        'kids_count', kids_count
    ) end as attributes,
    created_at
from first_seen
left join demographics on cast(demographics.household_id as varchar) = contact_id;

create table contract_products as
select
    cast(product_id as varchar) as product_id,
    coalesce(product_type, product_category, department) || coalesce(' ' || package_size, '') as product_name,
    product_category as category,
    -- Brand says National or Private (the shop's own); the maker is an anonymous number.
    brand
from products;

-- The contract's table takes the place of the package's file of the same name.
drop view products;
alter table contract_products rename to products;
