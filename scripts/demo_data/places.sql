-- Cities with weights in thousandths of the customers; a draw of 0..999 picks one.
create or replace temp table place_slots as
with places(country_code, region, city, postal_code, latitude, longitude, weight) as (values
    ('PL', 'mazowieckie', 'Warszawa', '00-950', 52.2297, 21.0122, 105),
    ('PL', 'mazowieckie', 'Radom', '26-600', 51.4027, 21.1471, 20),
    ('PL', 'malopolskie', 'Kraków', '31-001', 50.0647, 19.9450, 60),
    ('PL', 'malopolskie', 'Tarnów', '33-100', 50.0121, 20.9858, 10),
    ('PL', 'slaskie', 'Katowice', '40-001', 50.2649, 19.0238, 55),
    ('PL', 'slaskie', 'Częstochowa', '42-200', 50.8118, 19.1203, 22),
    ('PL', 'dolnoslaskie', 'Wrocław', '50-001', 51.1079, 17.0385, 60),
    ('PL', 'wielkopolskie', 'Poznań', '60-001', 52.4064, 16.9252, 58),
    ('PL', 'pomorskie', 'Gdańsk', '80-001', 54.3520, 18.6466, 38),
    ('PL', 'pomorskie', 'Gdynia', '81-001', 54.5189, 18.5305, 18),
    ('PL', 'lodzkie', 'Łódź', '90-001', 51.7592, 19.4560, 48),
    ('PL', 'zachodniopomorskie', 'Szczecin', '70-001', 53.4285, 14.5528, 33),
    ('PL', 'kujawsko-pomorskie', 'Bydgoszcz', '85-001', 53.1235, 18.0084, 24),
    ('PL', 'kujawsko-pomorskie', 'Toruń', '87-100', 53.0138, 18.5984, 14),
    ('PL', 'lubelskie', 'Lublin', '20-001', 51.2465, 22.5684, 33),
    ('PL', 'podkarpackie', 'Rzeszów', '35-001', 50.0412, 21.9991, 28),
    ('PL', 'podlaskie', 'Białystok', '15-001', 53.1325, 23.1688, 22),
    ('PL', 'warminsko-mazurskie', 'Olsztyn', '10-001', 53.7784, 20.4801, 20),
    ('PL', 'swietokrzyskie', 'Kielce', '25-001', 50.8661, 20.6286, 14),
    ('PL', 'lubuskie', 'Zielona Góra', '65-001', 51.9356, 15.5062, 10),
    ('PL', 'opolskie', 'Opole', '45-001', 50.6751, 17.9213, 8),
    ('DE', 'berlin', 'Berlin', '10115', 52.5200, 13.4050, 45),
    ('DE', 'bayern', 'München', '80331', 48.1351, 11.5820, 30),
    ('DE', 'sachsen', 'Dresden', '01067', 51.0504, 13.7373, 25),
    ('DE', 'nordrhein-westfalen', 'Köln', '50667', 50.9375, 6.9603, 20),
    ('CZ', 'praha', 'Praha', '110 00', 50.0755, 14.4378, 42),
    ('CZ', 'jihomoravsky', 'Brno', '602 00', 49.1951, 16.6068, 18),
    ('CZ', 'moravskoslezsky', 'Ostrava', '702 00', 49.8209, 18.2625, 15),
    ('GB', 'greater-london', 'London', 'EC1A 1BB', 51.5074, -0.1278, 35),
    ('GB', 'greater-manchester', 'Manchester', 'M1 1AE', 53.4808, -2.2426, 15),
    ('GB', 'scotland', 'Edinburgh', 'EH1 1YZ', 55.9533, -3.1883, 10),
    ('SK', 'bratislavsky', 'Bratislava', '811 01', 48.1486, 17.1077, 15),
    ('FR', 'ile-de-france', 'Paris', '75001', 48.8566, 2.3522, 12),
    ('NL', 'noord-holland', 'Amsterdam', '1011 AB', 52.3676, 4.9041, 10),
    ('UA', 'lvivska', 'Lviv', '79000', 49.8397, 24.0297, 8)
),
countries(country_code, home_language, time_zone, currency, units_per_pln, dialling_code) as (values
    ('PL', 'pl', 'Europe/Warsaw', 'PLN', 1.0, '+48'), ('DE', 'de', 'Europe/Berlin', 'EUR', 0.235, '+49'),
    ('CZ', 'cs', 'Europe/Prague', 'CZK', 5.875, '+420'), ('GB', 'en', 'Europe/London', 'GBP', 0.2009, '+44'),
    ('SK', 'sk', 'Europe/Bratislava', 'EUR', 0.235, '+421'), ('FR', 'fr', 'Europe/Paris', 'EUR', 0.235, '+33'),
    ('NL', 'nl', 'Europe/Amsterdam', 'EUR', 0.235, '+31'), ('UA', 'uk', 'Europe/Kyiv', 'PLN', 1.0, '+380')
),
ranked as (
    select *, cast(row_number() over (order by country_code, region, city) as bigint) as place_number,
        cast(sum(weight) over (order by country_code, region, city) as bigint) as weight_until
    from places
)
select cast(unnest(range(weight_until - weight, weight_until)) as bigint) as place_slot,
    place_number, country_code, region, city, postal_code, latitude, longitude,
    home_language, time_zone, currency, cast(units_per_pln as double) as units_per_pln, dialling_code
from ranked
inner join countries using (country_code);
