-- Draws: each is a hash of (seed, purpose, row key), so that no row depends on another, on threads or on order.
create or replace macro draw(key, purpose) as
    (hash(xor(hash(cast(key as bigint)), hash(purpose || cast(getvariable('seed') as varchar)))) >> 11)
    / 9007199254740992.0;
create or replace macro pick(key, purpose, choices) as
    cast(floor(draw(key, purpose) * choices) as bigint);
create or replace macro choose(key, purpose, choices) as
    list_extract(choices, 1 + pick(key, purpose, len(choices)));
create or replace macro normal_draw(key, purpose) as
    sqrt(-2 * ln(1 - draw(key, purpose || ' radius'))) * cos(2 * pi() * draw(key, purpose || ' angle'));

-- Time: whole seconds since the start of the first day of the history.
create or replace macro moment(at_seconds) as
    make_timestamp(getvariable('start_epoch') * 1000000 + cast(at_seconds as bigint) * 1000000);
create or replace macro moment_text(at_seconds) as cast(moment(at_seconds) as varchar);
-- Shoppers meet at noon and in the evening; a few at any hour (UTC).
create or replace macro second_of_day(key) as cast(floor(case
    when draw(key, 'hour kind') < 0.10 then 86399 * draw(key, 'hour')
    when draw(key, 'hour kind') < 0.50 then 3600 * (7 + 5 * draw(key, 'hour') + 5 * draw(key, 'second'))
    else 3600 * (14 + 4.9 * draw(key, 'hour') + 4.9 * draw(key, 'second'))
end) as bigint);
-- The nightly load runs at 02:00 UTC of the next day; one fact in 200 arrives 2 to 20 days late.
create or replace macro loaded_seconds(at_seconds, key) as
    (cast(at_seconds as bigint) // 86400 + 1) * 86400 + 7200
    + case when draw(key, 'late') < 0.005 then 86400 * (2 + pick(key, 'late days', 19)) else 0 end;

-- Identifiers are zero-padded: text order is number order.
create or replace macro contact_code(number) as
    'c' || right(cast(100000000 + cast(number as bigint) as varchar), 8);
create or replace macro order_code(number) as
    'o' || right(cast(10000000000 + cast(number as bigint) as varchar), 10);
create or replace macro line_code(number) as
    'l' || right(cast(100000000000 + cast(number as bigint) as varchar), 11);
create or replace macro event_code(number) as
    'e' || right(cast(100000000000 + cast(number as bigint) as varchar), 11);
create or replace macro product_code(number) as
    'p' || right(cast(10001 + cast(number as bigint) as varchar), 4);

-- A person known under several contact ids: the later ids follow all first ids, three slots a person.
create or replace macro alias_number(person, alias) as
    case when alias = 0 then person
        else getvariable('customers') + (person - 1) * 3 + alias end;
-- The facts of such a person fall to one of the ids known by then.
create or replace macro contact_at(person, aliases, alias_gap_seconds, created_seconds, at_seconds, key) as
    case when aliases = 0 then person
        else alias_number(person, pick(key, 'which id',
            1 + least(aliases, greatest(0, at_seconds - created_seconds) // alias_gap_seconds))) end;
-- 48271 and the prime make a one-to-one map, so that no two people share a number by chance.
create or replace macro local_phone(number) as
    '5' || right(cast(100000000 + (cast(number as bigint) * 48271 + 31 * getvariable('seed')) % 99999989 as varchar), 8);
create or replace macro money(cents) as cast(cents / 100.0 as decimal(18, 2));

-- What a person says in the profile and again in surveys.
create or replace macro leisure_interest(person) as
    choose(person, 'interest', ['fashion', 'technology', 'home', 'wellness', 'reading']);
create or replace macro active_interest(person) as
    choose(person, 'interest two', ['travel', 'sport', 'cooking', 'music', 'learning']);
create or replace macro guiding_value(person) as
    choose(person, 'values', ['ecology', 'price', 'quality', 'status', 'convenience']);
-- 1 to 10, mostly content.
create or replace macro rating(key, purpose) as 1 + cast(floor(10 * sqrt(draw(key, purpose))) as bigint);
