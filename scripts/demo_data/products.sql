-- 512 products: 8 categories of 64, dearer with the rank inside the category. Prices in PLN cents.
create or replace temp table catalogue as
with categories(category_number, category, noun, median_price, spread, cost_share) as (values
    (0, 'bags', 'Bag', 180.0, 0.7, 0.45), (1, 'shoes', 'Shoes', 240.0, 0.6, 0.50),
    (2, 'electronics', 'Device', 420.0, 1.1, 0.72), (3, 'home', 'Home item', 110.0, 0.9, 0.50),
    (4, 'beauty', 'Cosmetic', 60.0, 0.7, 0.38), (5, 'books', 'Book', 42.0, 0.4, 0.60),
    (6, 'courses', 'Course', 260.0, 0.8, 0.15), (7, 'toys', 'Toy', 80.0, 0.7, 0.52)
),
numbered as (
    select *, category_number * 64 + product_rank as product_number
    from (select *, cast(unnest(range(64)) as bigint) as product_rank from categories)
),
priced as (
    select *,
        -- a logistic stands in for the normal quantile; prices end in 9 cents
        10 * cast(round(10 * median_price
            * exp(spread * ln((product_rank + 0.5) / (63.5 - product_rank)) / 1.7)) as bigint) - 1 as price_cents
    from numbered
)
select cast(product_number as bigint) as product_number, category,
    case when category = 'courses'
        then list_extract(['Beginner', 'Advanced'], 1 + product_rank % 2) || ' course ' || product_rank
        else choose(product_number, 'adjective', ['Classic', 'Urban', 'Eco', 'Smart', 'Soft', 'Grand', 'Mini',
            'Nordic'])
            || ' ' || noun || ' ' || (100 + product_rank) end as product_name,
    choose(product_number, 'brand', ['Bursztyn', 'Wisla', 'Tatra', 'Lumen', 'Kora', 'Mewa', 'Sosna', 'Zefir',
        'Orzel', 'Polana', 'Iskra', 'Bryza']) as brand,
    cast(price_cents as bigint) as price_cents,
    cast(greatest(1, round(price_cents * cost_share * (0.9 + 0.2 * draw(product_number,
        'cost')))) as bigint) as cost_cents
from priced;

-- One in ten is out of stock now, one in five came back in the last half year.
create or replace temp view products_clean as
select product_code(product_number) as product_id, product_name, category, brand,
    money(price_cents) as unit_price, money(cost_cents) as unit_cost,
    category = 'courses' or draw(product_number, 'stock') >= 0.10 as is_in_stock,
    case when category <> 'courses' and draw(product_number, 'stock') between 0.10 and 0.30
        then moment(86400 * (getvariable('days') - 2 - pick(product_number, 'restocked', 180))
            + 3600 * (6 + pick(product_number, 'restock hour', 9))) end as restocked_at,
    moment(86400 * getvariable('days') + 7200) as loaded_at
from catalogue
order by product_number;
