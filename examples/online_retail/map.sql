-- UCI Online Retail -> input contract. One source row is one line of an invoice or credit note.
-- Nothing is filtered: what cannot be used is left for staging to reject with a reason.

-- The original spells the columns InvoiceNo, InvoiceDate ...; some copies use snake_case.
create table lines as
with any_spelling as (
    select
        null::varchar as InvoiceNo, null::varchar as StockCode, null::varchar as Description,
        null::varchar as Quantity, null::varchar as InvoiceDate, null::varchar as UnitPrice,
        null::varchar as CustomerID, null::varchar as Country, null::bigint as file_row,
        null::varchar as invoice_no, null::varchar as stock_code, null::timestamp as invoice_ts,
        null::varchar as unit_price, null::varchar as customer_id
    where false
    union all by name
    select * from input
),

typed as (
    select
        file_row,
        upper(coalesce(InvoiceNo, invoice_no)) as invoice_no,
        -- Codes differ in case only (84596L and 84596l are one product).
        upper(coalesce(StockCode, stock_code)) as product_id,
        nullif(trim(Description), '') as description,
        cast(Quantity as bigint) as quantity,
        -- The file's clock is the shop's local time, without a zone; it is passed on as it is.
        coalesce(
            invoice_ts,
            try_cast(InvoiceDate as timestamp),
            strptime(InvoiceDate, ['%m/%d/%Y %H:%M', '%m/%d/%y %H:%M'])
        ) as invoice_at,
        -- DECIMAL before any sum: the total of an invoice is exact and free of order.
        cast(coalesce(UnitPrice, unit_price) as decimal(18, 4)) as unit_price,
        -- Some exports write 17850.0.
        split_part(nullif(trim(coalesce(CustomerID, customer_id)), ''), '.', 1) as contact_id,
        trim(Country) as country
    from any_spelling
)

select
    *,
    -- Credit notes carry a C before their number.
    invoice_no like 'C%' as is_refund,
    -- An invoice is one document per customer, should one ever have several.
    invoice_no || case
        when count(distinct contact_id) over (partition by invoice_no) > 1
            then '-' || coalesce(contact_id, 'none')
        else ''
    end as order_id
from typed;

create table countries (country varchar, country_code varchar);

-- Unspecified, European Community and Channel Islands have no ISO 3166-1 code: NULL.
insert into countries values
('Australia', 'AU'), ('Austria', 'AT'), ('Bahrain', 'BH'), ('Belgium', 'BE'), ('Brazil', 'BR'),
('Canada', 'CA'), ('Cyprus', 'CY'), ('Czech Republic', 'CZ'), ('Denmark', 'DK'), ('EIRE', 'IE'),
('Finland', 'FI'), ('France', 'FR'), ('Germany', 'DE'), ('Greece', 'GR'), ('Hong Kong', 'HK'),
('Iceland', 'IS'), ('Israel', 'IL'), ('Italy', 'IT'), ('Japan', 'JP'), ('Lebanon', 'LB'),
('Lithuania', 'LT'), ('Malta', 'MT'), ('Netherlands', 'NL'), ('Norway', 'NO'), ('Poland', 'PL'),
('Portugal', 'PT'), ('RSA', 'ZA'), ('Saudi Arabia', 'SA'), ('Singapore', 'SG'), ('Spain', 'ES'),
('Sweden', 'SE'), ('Switzerland', 'CH'), ('USA', 'US'), ('United Arab Emirates', 'AE'),
('United Kingdom', 'GB');

create table contacts as
with known as (
    select
        contact_id,
        -- Eight customers moved: the country of the latest document is theirs now.
        arg_max(country, (invoice_at, order_id)) as country,
        -- The file knows no sign-up; a customer exists from the first document on.
        min(invoice_at) as created_at
    from lines
    where contact_id is not null
    group by contact_id
)

select
    contact_id,
    country_code,
    json_object('country_name', known.country) as attributes,
    created_at
from known
left join countries using (country);

create table orders as
select
    order_id,
    -- NULL for 135,080 lines: staging rejects the document as missing_contact_id.
    min(contact_id) as contact_id,
    case when bool_or(is_refund) then 'refund' else 'order' end as document_type,
    -- A credit note does not name its invoice.
    cast(null as varchar) as original_order_id,
    -- 43 invoices carry two times, a minute apart.
    min(invoice_at) as ordered_at,
    'GBP' as currency,
    -- An order is worth its sold lines: free items and stock corrections add nothing. A credit
    -- note is worth what it gives back, as a positive amount.
    coalesce(
        sum(abs(quantity) * unit_price) filter (
            where unit_price > 0 and case when is_refund then quantity < 0 else quantity > 0 end
        ),
        0
    )::decimal(18, 4) as net_amount
from lines
group by order_id;

create table order_lines as
select
    -- The row of the file: the only identifier that tells equal lines apart.
    cast(file_row as varchar) as order_line_id,
    order_id,
    product_id,
    -- Credit notes count backwards; their document says so, their lines need not. A negative
    -- quantity anywhere else is a stock correction and stays negative, for staging to reject.
    case when is_refund then -quantity else quantity end as quantity,
    unit_price
from lines;

create table products as
with names as (
    -- Stock corrections describe the event ("damaged", "ebay"), sales describe the product.
    select product_id, description, count(*) as sold_lines
    from lines
    where unit_price > 0 and description is not null
    group by product_id, description
),

named as (
    select product_id, arg_max(description, (sold_lines, description)) as product_name
    from names
    group by product_id
)

select
    product_id,
    product_name,
    case
        when product_id in (
            'POST', 'DOT', 'C2', 'M', 'D', 'S', 'B', 'BANK CHARGES', 'AMAZONFEE', 'CRUK'
        ) then 'charge'
        when product_id like 'GIFT%' then 'gift_voucher'
        else 'merchandise'
    end as category
from (select distinct product_id from lines)
left join named using (product_id);
