-- The customer table, and the demo catalogue's segments by hand.
create temp table customers_wide as
with engagement_scores as (
    select customer_number, recency_days as engagement_recency_days, frequency as engagement_frequency, rfm_segment as engagement_segment
    from scored
    where basis = 'engagement'
)

select
    merged.*,
    cast(date_diff('year', birth_date, date '2026-11-21') - cast(
        (month(date '2026-11-21'), day(date '2026-11-21')) < (month(birth_date), day(birth_date)) as int) as int) as age_years,
    coalesce(email_consent and has_email, false) as is_email_reachable,
    coalesce(sms_consent and has_phone, false) as is_sms_reachable,
    coalesce(push_consent, false) as is_push_reachable,
    coalesce(ads_consent and (has_email or has_phone), false) as is_ads_reachable,
    purchases.first_date as first_order_date,
    purchases.last_date as last_order_date,
    recency_days,
    coalesce(purchases.frequency, 0) as frequency,
    coalesce(purchases.monetary, 0) as monetary,
    coalesce(purchases.orders, 0) as orders,
    cast(cast(purchases.monetary as double) / nullif(purchases.orders, 0) as decimal(18, 4)) as average_order_value,
    repeat_frequency,
    recency_age_days,
    tenure_days,
    order_scores.repeat_monetary,
    r_score,
    f_score,
    m_score,
    coalesce(rfm_segment, 'prospect') as rfm_segment,
    engagement_recency_days,
    coalesce(engagement_frequency, 0) as engagement_frequency,
    engagement_segment,
    value_tier,
    value_decile,
    cumulative_share as cumulative_revenue_share,
    case
        when purchases.first_date is null then 'prospect'
        when recency_days >= 180 then 'churned'
        when recency_days >= 90 then 'lapsing'
        when purchases.last_date - purchases.previous_date >= 180 then 'reactivated'
        when date '2026-11-21' - purchases.first_date <= 30 then 'new'
        else 'active'
    end as lifecycle_stage
from customers_merged as merged
left join purchases using (customer_number)
left join (from scored where basis = 'orders') as order_scores using (customer_number)
left join engagement_scores using (customer_number)
left join tiered using (customer_number);

create temp macro sequences_of(name) as table
select customer_number from sequenced where segment = name;

-- The customers of a static list, by any of their contacts.
create temp macro customers_of(contact_ids) as table
select customer_number from contact_keys where list_contains(contact_ids, contact_id) and customer_number is not null;

create temp table flagged as
with known as (
    select
        customers_wide.*,
        placed.* exclude (customer_number),
        refunds_1_year,
        bought.tatra_2_years, bought.bags as bought_bags, bought.shoes as bought_shoes, bought.electronics as bought_electronics,
        last_bags, last_shoes, last_electronics,
        has_dear_bags, is_restocked, categories, viewed.bags as viewed_bags, viewed.shoes as viewed_shoes, viewed.electronics as viewed_electronics,
        acted.* exclude (customer_number),
        told.* exclude (customer_number),
        customer_number in (from sequences_of('cart_abandoned')) as has_abandoned_cart,
        customer_number in (from sequences_of('viewed_and_bought_the_same_day')) as has_bought_what_it_viewed,
        customer_number in (from sequences_of('opened_but_not_clicked')) as has_opened_without_click,
        customer_number in (from sequences_of('cancelled_for_the_price')) as has_cancelled_for_the_price,
        customer_number in (from customers_of(['c00000017', 'c00000256', 'c00001024', 'c00008250'])) as is_staff,
        customer_number in (from customers_of(['c00000333', 'c00004096', 'c00012345'])) as is_press,
        from_json(attributes, '{"interests": ["varchar"], "values": ["varchar"], "device": "varchar", "os": "varchar", "next_review_date": "varchar"}') as profile,
        2 * 6371.0088 * asin(sqrt(least(1, power(sin(radians(latitude - 52.2319) / 2), 2)
            + cos(radians(latitude)) * cos(radians(52.2319)) * power(sin(radians(longitude - 21.0067) / 2), 2)))) as distance_km
    from customers_wide
    left join placed using (customer_number)
    left join returned using (customer_number)
    left join bought using (customer_number)
    left join viewed using (customer_number)
    left join acted using (customer_number)
    left join told using (customer_number)
),

judged as (
    select
        *,
        (recommendation >= 9) is true as promoters,
        (is_mailed) is true as mailed_this_week,
        (worst_delivery <= 4 or has_delivery_ticket) is true as delivery_troubles,
        (value_tier = 'A' and rfm_segment in ('champions', 'loyal') and not is_staff) is true as vip,
        (frequency >= 2 and recency_days >= 90 and recency_days < 365) is true as at_risk,
        (first_order_date >= date '2026-10-22') is true as welcome,
        (frequency >= 2 and recency_days < 90) is true as regulars,
        (frequency = 1 and recency_days < 365) is true as one_time_buyers,
        (last_order_date is null) is true as prospects,
        (recency_days >= 365) is true as lost_over_a_year,
        true as everybody,
        (last_order_date >= date '2025-11-21' and frequency = 1) is true as loyalty_new,
        (last_order_date >= date '2025-11-21' and frequency between 2 and 4) is true as loyalty_repeat,
        (last_order_date >= date '2025-11-21' and frequency >= 5 and not promoters) is true as loyalty_loyal,
        (last_order_date >= date '2025-11-21' and frequency >= 5 and promoters) is true as loyalty_advocate,
        (country_code = 'PL' and region = 'mazowieckie' and amount_6_months > 5000 and not is_staff) is true as big_spenders_mazowieckie,
        (city = 'Warszawa' and city_rating >= 8 and amount > 250 * orders and not mailed_this_week) is true as high_raters_warszawa,
        (distance_km <= 3 and last_day >= date '2025-11-21') is true as near_shop_warszawa,
        (coupons_1_year >= 3) is true as discount_hunters,
        (refunds_1_year >= 2) is true as frequent_returners,
        (tatra_2_years >= 5) is true as fans_of_tatra,
        (is_first_in_store and last_day >= date '2025-11-21' and store_orders_1_year = 0) is true as started_in_store,
        (has_black_friday and first_day >= date '2025-11-24') is true as black_friday_2025_cohort,
        (black_friday_2025_cohort and last_day <= date '2025-12-01') is true as black_friday_2025_not_since,
        (has_abandoned_cart and not is_staff and coalesce(last_day < date '2026-11-20', true)) is true as cart_abandoned,
        (has_bought_what_it_viewed) is true as viewed_and_bought_the_same_day,
        (has_dear_bags) is true as viewed_dear_bags,
        (is_restocked) is true as back_in_stock,
        (viewed_bags >= 2 and coalesce(last_bags < date '2026-10-21', true)) is true as browsing_bags,
        (viewed_shoes >= 2 and coalesce(last_shoes < date '2026-10-21', true)) is true as browsing_shoes,
        (viewed_electronics >= 2 and coalesce(last_electronics < date '2026-10-21', true)) is true as browsing_electronics,
        (categories >= 4) is true as wide_browsers,
        (bought_bags >= 2 and bought_shoes = 0 and not lost_over_a_year) is true as cross_sell_bags_to_shoes,
        (bought_electronics >= 2 and bought_shoes = 0 and not lost_over_a_year) is true as cross_sell_electronics_to_shoes,
        (created_at >= timestamp '2026-11-14' and (largest_7_days >= 1000 or orders_7_days >= 2)) is true as first_week_vip_potential,
        (orders = 1 and date '2026-11-21' - last_day between 30 and 60) is true as second_purchase_due,
        (months = 63) is true as monthly_buyers,
        (last_day_before <= first_day_6_months - interval 6 month) is true as reactivated,
        (regulars and last_visit < date '2026-08-23') is true as stopped_visiting,
        (first_install >= date '2026-10-22') is true as new_app_users,
        false as vip_since_this_month,
        false as vip_no_longer,
        (plan = 'Basic') is true as plan_basic,
        (plan = 'Premium') is true as plan_premium,
        ((plan_basic or plan_premium) and visits_90_days >= 6) is true as usage_active,
        ((plan_basic or plan_premium) and visits_90_days between 3 and 5) is true as usage_medium,
        ((plan_basic or plan_premium) and visits_90_days between 1 and 2) is true as usage_weak,
        ((plan_basic or plan_premium) and coalesce(visits_90_days, 0) = 0) is true as usage_inactive,
        (plan_premium and coalesce(visits_90_days, 0) = 0) is true as premium_not_used,
        (has_cancelled_for_the_price) is true as cancelled_for_the_price,
        (beginner_progress > 90 and not is_advanced) is true as ready_for_the_advanced_course,
        (last_lesson <= date '2026-09-22' and last_course = 'beginner' and last_progress < 66) is true as course_left_halfway,
        (engagement_segment in ('champions', 'loyal')) is true as email_champions,
        (delivered_6_months >= 3 and not has_opened) is true as email_sleepers,
        (has_opened_without_click) is true as opened_but_not_clicked,
        (list_contains(sizes, 'S')) is true as clicked_size_s,
        (list_contains(sizes, 'M')) is true as clicked_size_m,
        (list_contains(sizes, 'L')) is true as clicked_size_l,
        (list_contains(sizes, 'XL')) is true as clicked_size_xl,
        (email_consent and not is_staff and cast('0x' || md5(customer_id || ':newsletter-test')[:7] as int) < 26843546) is true as newsletter_test_group,
        (has_clicked and coalesce(last_day < date '2026-05-21', true) and not mailed_this_week) is true as clickers_without_order,
        (recommendation <= 6 and last_recommendation >= date '2025-11-21') is true as detractors,
        (is_press) is true as press_contacts,
        (list_contains(profile."values", 'ecology') or is_green) is true as green_values,
        (list_contains(profile.interests, 'travel') and not delivery_troubles) is true as interested_in_travel,
        (list_contains(profile.interests, 'cooking') and not delivery_troubles) is true as interested_in_cooking,
        (list_has_all(profile.interests, ['fashion', 'travel']) and not list_contains(profile."values", 'price')) is true as fashion_travellers,
        (language = 'pl') is true as language_pl,
        (language = 'de') is true as language_de,
        (language = 'en') is true as language_en,
        (language = 'cs') is true as language_cs,
        (country_code = 'PL' and language <> 'pl') is true as foreign_language_in_poland,
        (time_zone = 'Europe/Warsaw') is true as time_zone_europe_warsaw,
        (time_zone = 'Europe/Berlin') is true as time_zone_europe_berlin,
        (time_zone = 'Europe/London') is true as time_zone_europe_london,
        (gender = 'female') is true as gender_female,
        (gender = 'male') is true as gender_male,
        (age_years < 25) is true as age_below_25,
        (age_years between 25 and 34) is true as age_25_to_34,
        (age_years between 35 and 54) is true as age_35_to_54,
        (age_years >= 55) is true as age_55_and_over,
        (age_years between 18 and 29 and ads_consent and coalesce(not email_consent, true)) is true as young_adults_without_email_consent,
        (month(birth_date) = 11 and day(birth_date) between 21 and 27) is true as birthday_this_week,
        (created_at >= timestamp '2026-10-01' and created_at < timestamp '2026-11-01') is true as signed_up_last_month,
        (try_cast(profile.next_review_date as date) between date '2026-11-21' and date '2026-12-04') is true as next_review_due,
        (company_employees between 1 and 49) is true as company_small,
        (company_employees between 50 and 249) is true as company_medium,
        (company_employees >= 250) is true as company_large,
        (company_industry = 'retail') is true as industry_retail,
        (company_industry = 'software') is true as industry_software,
        (company_industry = 'education') is true as industry_education,
        (company_employees >= 50 and regexp_matches(job_title, '(?i)(head|director|owner|buyer|manager)')) is true as business_decision_makers,
        (profile.device = 'mobile') is true as device_mobile,
        (profile.device = 'desktop') is true as device_desktop,
        (profile.os = 'ios' and profile.device in ('mobile', 'tablet') and first_install is null) is true as apple_phones_without_the_app,
        (acquisition_source = 'paid_search' and created_at >= timestamp '2025-11-21') is true as acquired_by_paid_search,
        (acquisition_source = 'social' and created_at >= timestamp '2025-11-21') is true as acquired_by_social,
        (acquisition_source = 'referral' and created_at >= timestamp '2025-11-21') is true as acquired_by_referral
    from known
)

select
    customer_number, customer_id, is_email_reachable, is_sms_reachable, is_push_reachable, is_ads_reachable, is_later,
    vip, at_risk, welcome, regulars, one_time_buyers, prospects, lost_over_a_year, everybody, loyalty_new,
    loyalty_repeat, loyalty_loyal, loyalty_advocate, big_spenders_mazowieckie, high_raters_warszawa,
    near_shop_warszawa, discount_hunters, frequent_returners, fans_of_tatra, started_in_store,
    black_friday_2025_cohort, black_friday_2025_not_since, cart_abandoned, viewed_and_bought_the_same_day,
    viewed_dear_bags, back_in_stock, browsing_bags, browsing_shoes, browsing_electronics, wide_browsers,
    cross_sell_bags_to_shoes, cross_sell_electronics_to_shoes, first_week_vip_potential, second_purchase_due,
    monthly_buyers, reactivated, stopped_visiting, new_app_users, vip_since_this_month, vip_no_longer, plan_basic,
    plan_premium, usage_active, usage_medium, usage_weak, usage_inactive, premium_not_used, cancelled_for_the_price,
    ready_for_the_advanced_course, course_left_halfway, email_champions, email_sleepers, mailed_this_week,
    opened_but_not_clicked, clicked_size_s, clicked_size_m, clicked_size_l, clicked_size_xl, newsletter_test_group,
    clickers_without_order, promoters, detractors, press_contacts, delivery_troubles, green_values,
    interested_in_travel, interested_in_cooking, fashion_travellers, language_pl, language_de, language_en,
    language_cs, foreign_language_in_poland, time_zone_europe_warsaw, time_zone_europe_berlin,
    time_zone_europe_london, gender_female, gender_male, age_below_25, age_25_to_34, age_35_to_54, age_55_and_over,
    young_adults_without_email_consent, birthday_this_week, signed_up_last_month, next_review_due, company_small,
    company_medium, company_large, industry_retail, industry_software, industry_education, business_decision_makers,
    device_mobile, device_desktop, apple_phones_without_the_app, acquired_by_paid_search, acquired_by_social,
    acquired_by_referral,
    case
        when vip then 'vip'
        when at_risk then 'at_risk'
        when welcome then 'welcome'
        when regulars then 'regulars'
        when one_time_buyers then 'one_time_buyers'
        when prospects then 'prospects'
        when lost_over_a_year then 'lost_over_a_year'
        else 'everybody'
    end as primary_segment
from judged;

create table customers as
select
    customer_id, contact_count, created_at, cast(created_at as date) as created_date, updated_at,
    cast(null as varchar) as email, cast(null as varchar) as phone, cast(null as varchar) as first_name, cast(null as varchar) as last_name,
    cast(null as date) as birth_date, cast(null as double) as latitude, cast(null as double) as longitude, cast(null as varchar) as attributes,
    age_years, gender, language, country_code, region, city, postal_code, time_zone,
    acquisition_source, acquisition_campaign, preferred_channel, job_title,
    company_name, company_industry, company_employees, company_annual_revenue, plan,
    email_consent, sms_consent, push_consent, ads_consent,
    is_email_reachable, is_sms_reachable, is_push_reachable, is_ads_reachable,
    first_order_date, last_order_date, recency_days, frequency, monetary, orders, average_order_value,
    repeat_frequency, recency_age_days, tenure_days, repeat_monetary, r_score, f_score, m_score, rfm_segment,
    engagement_recency_days, engagement_frequency, engagement_segment,
    value_tier, value_decile, cumulative_revenue_share, lifecycle_stage, primary_segment,
    date '2026-11-21' as as_of_date
from customers_wide
inner join (select customer_number, primary_segment from flagged) using (customer_number);

create temp table members as
select * exclude (is_member)
from (
    unpivot flagged
    on columns(* exclude (customer_number, customer_id, is_email_reachable, is_sms_reachable, is_push_reachable, is_ads_reachable, is_later, primary_segment))
    into name segment value is_member
)
where is_member;

create table segment_memberships as
select
    segment,
    customer_id,
    segment = primary_segment as is_primary,
    case
        when segment in ('everybody', 'frequent_returners', 'viewed_and_bought_the_same_day', 'mailed_this_week') then null
        when segment in ('started_in_store', 'premium_not_used', 'detractors', 'delivery_troubles') then is_sms_reachable
        when segment in (
            'near_shop_warszawa', 'viewed_dear_bags', 'wide_browsers', 'new_app_users', 'usage_active', 'usage_medium', 'usage_weak',
            'course_left_halfway'
        ) then is_push_reachable
        when segment in (
            'fashion_travellers', 'young_adults_without_email_consent', 'acquired_by_paid_search', 'acquired_by_social', 'acquired_by_referral'
        ) then is_ads_reachable
        else is_email_reachable
    end as is_reachable,
    case segment
        when 'at_risk' then cast('0x' || md5(customer_id || ':win-back')[:7] as int) < 26843546
        when 'email_sleepers' then cast('0x' || md5(customer_id || ':sleepers')[:7] as int) < 53687091
        else false
    end as in_holdout,
    cast(null as date) as member_since_date,
    is_later and segment in (
        'acquired_by_paid_search', 'acquired_by_referral', 'acquired_by_social', 'age_25_to_34', 'age_35_to_54', 'age_55_and_over',
        'age_below_25', 'apple_phones_without_the_app', 'big_spenders_mazowieckie', 'birthday_this_week', 'business_decision_makers',
        'company_large', 'company_medium', 'company_small', 'device_desktop', 'device_mobile', 'fashion_travellers',
        'foreign_language_in_poland', 'gender_female', 'gender_male', 'green_values', 'high_raters_warszawa', 'industry_education',
        'industry_retail', 'industry_software', 'interested_in_cooking', 'interested_in_travel', 'language_cs', 'language_de',
        'language_en', 'language_pl', 'near_shop_warszawa', 'newsletter_test_group', 'next_review_due', 'plan_basic', 'plan_premium',
        'premium_not_used', 'time_zone_europe_berlin', 'time_zone_europe_london', 'time_zone_europe_warsaw', 'usage_active',
        'usage_inactive', 'usage_medium', 'usage_weak', 'young_adults_without_email_consent'
    ) as rests_on_later_attributes
from members;

set variable last_customer = (select max(customer_number) from flagged);

-- A segment is a string of bits, one a customer.
create table segment_overlaps as
with bits as (
    select segment, count(*) as size, bitstring_agg(customer_number, 0, getvariable('last_customer')) as customers
    from members
    group by segment
),

pairs as (
    select
        one.segment,
        other.segment as other_segment,
        bit_count(one.customers & other.customers) as shared_customers,
        one.size + other.size as both_sizes
    from bits as one
    inner join bits as other on one.segment < other.segment
)

select segment, other_segment, cast(shared_customers as bigint) as shared_customers, shared_customers / (both_sizes - shared_customers) as jaccard
from (
    from pairs
    union all
    select other_segment, segment, shared_customers, both_sizes from pairs
)
where shared_customers > 0;
