#include "backend/duckdb/sample_tables.hpp"

namespace backend::duckdb {
namespace {

constexpr SampleSchema schemas[] = {
    {"PUBLIC", "Ready-made views over the other schemas: a good place to start"},
    {"TRANSPORT", "Flights, airports, cars, driving"},
    {"CLIMATE", "Weather, temperature, carbon dioxide, wind, disasters"},
    {"ECONOMY", "Shares, jobs, unemployment, budgets, energy, political money"},
    {"SOCIETY", "Countries and people through time, health, sport, films"},
    {"SCIENCE", "Animals, plants, antibiotics, classic samples of statistics"},
    {"GEOGRAPHY", "Places with coordinates, earthquakes, elevation"},
    {"NETWORKS", "Graphs: nodes and links"},
};

#define FLIGHTS_SELECT                                                                                               \
    "SELECT strptime(date, '%Y/%m/%d %H:%M') AS DATE, delay::BIGINT AS DELAY, distance::BIGINT AS DISTANCE, origin " \
    "AS ORIGIN, destination AS DESTINATION FROM {file}"

constexpr SampleTable tables[] = {
    // TRANSPORT
    {"TRANSPORT", "AIRPORTS", "airports", "", ""},
    {"TRANSPORT", "BIRDSTRIKES", "birdstrikes", "", ""},
    {"TRANSPORT", "CARS", "cars", "", ""},
    {"TRANSPORT", "DRIVING", "driving", "", ""},
    {"TRANSPORT", "FLIGHTS_2K", "flights_2k", FLIGHTS_SELECT, ""},
    {"TRANSPORT", "FLIGHTS_5K", "flights_5k", FLIGHTS_SELECT, ""},
    {"TRANSPORT", "FLIGHTS_10K", "flights_10k", FLIGHTS_SELECT, ""},
    {"TRANSPORT", "FLIGHTS_20K", "flights_20k", FLIGHTS_SELECT, ""},
    {"TRANSPORT", "FLIGHTS_200K", "flights_200k_json",
     "SELECT delay::BIGINT AS DELAY, distance::BIGINT AS DISTANCE, time AS TIME FROM {file}",
     "TIME is the hour of the day with its fraction."},
    {"TRANSPORT", "FLIGHTS_3M", "flights_3m", "", ""},
    {"TRANSPORT", "FLIGHTS_AIRPORT", "flights_airport", "", ""},
    // CLIMATE
    {"CLIMATE", "ANNUAL_PRECIP", "annual_precip",
     "SELECT translate[1]::BIGINT + scale[1]::BIGINT * (i % width) AS LONGITUDE, translate[2]::BIGINT + "
     "scale[2]::BIGINT * (i // width) AS LATITUDE, values[i + 1] AS PRECIPITATION FROM (SELECT *, unnest(range(width * "
     "height)) AS i FROM {file})",
     "One row a cell of the grid."},
    {"CLIMATE", "CO2_CONCENTRATION", "co2_concentration", "", ""},
    {"CLIMATE", "DISASTERS", "disasters", "", ""},
    {"CLIMATE", "GLOBAL_TEMP", "global_temp", "", ""},
    {"CLIMATE", "SEATTLE_WEATHER", "seattle_weather", "", ""},
    {"CLIMATE", "SEATTLE_WEATHER_HOURLY_NORMALS", "seattle_weather_hourly_normals", "", ""},
    {"CLIMATE", "WEATHER", "weather", "", ""},
    {"CLIMATE", "WEEKLY_WEATHER", "weekly_weather",
     "SELECT id AS ID, day AS DAY, record.high AS RECORD_HIGH, record.low AS RECORD_LOW, normal.high AS NORMAL_HIGH, "
     "normal.low AS NORMAL_LOW, actual.high AS ACTUAL_HIGH, actual.low AS ACTUAL_LOW, forecast.high.high AS "
     "FORECAST_HIGH_HIGH, forecast.high.low AS FORECAST_HIGH_LOW, forecast.low.high AS FORECAST_LOW_HIGH, "
     "forecast.low.low AS FORECAST_LOW_LOW FROM {file}",
     "The nested objects of the file are columns here."},
    {"CLIMATE", "WINDVECTORS", "windvectors", "", ""},
    // ECONOMY
    {"ECONOMY", "BUDGET", "budget",
     "SELECT \"Source Category Code\" AS SOURCE_CATEGORY_CODE, \"Source category name\" AS SOURCE_CATEGORY_NAME, "
     "\"Source subcategory\" AS SOURCE_SUBCATEGORY, \"Source subcategory name\" AS SOURCE_SUBCATEGORY_NAME, \"Agency "
     "code\" AS AGENCY_CODE, \"Agency name\" AS AGENCY_NAME, \"Bureau code\" AS BUREAU_CODE, \"Bureau name\" AS "
     "BUREAU_NAME, \"Account code\" AS ACCOUNT_CODE, \"Account name\" AS ACCOUNT_NAME, \"Treasury Agency code\" AS "
     "TREASURY_AGENCY_CODE, \"On- or off-budget\" AS ON_OR_OFF_BUDGET, fiscal_year AS FISCAL_YEAR, replace(amount, "
     "',', '')::BIGINT AS AMOUNT FROM (UNPIVOT {file} ON COLUMNS('^(19|20)[0-9][0-9]$|^TQ$') INTO NAME fiscal_year "
     "VALUE "
     "amount)",
     "The file has one column a fiscal year; here is one row an account and fiscal year (TQ is the transition quarter "
     "of "
     "1976). AMOUNT is in thousands of US dollars."},
    {"ECONOMY", "BUDGETS", "budgets", "", ""},
    {"ECONOMY", "INCOME", "income",
     "SELECT name AS NAME, region AS REGION, id AS ID, pct AS PCT, total AS TOTAL, \"group\" AS INCOME_GROUP FROM "
     "{file}",
     "The file's column group is INCOME_GROUP here, since GROUP is a reserved word."},
    {"ECONOMY", "IOWA_ELECTRICITY", "iowa_electricity", "", ""},
    {"ECONOMY", "JOBS", "jobs", "", ""},
    {"ECONOMY", "OHLC", "ohlc", "", ""},
    {"ECONOMY", "POLITICAL_CONTRIBUTIONS", "political_contributions",
     "SELECT * REPLACE (nullif(trim(TRANSFERS_FROM_AUTHORIZED_COMMITTEES), '')::BIGINT AS "
     "TRANSFERS_FROM_AUTHORIZED_COMMITTEES, nullif(trim(OTHER_LOANS), '')::BIGINT AS OTHER_LOANS, "
     "nullif(trim(CONTRIBUTIONS_FROM_OTHER_POLITICAL_COMMITTEES), '')::BIGINT AS "
     "CONTRIBUTIONS_FROM_OTHER_POLITICAL_COMMITTEES, nullif(trim(REFUNDS_TO_COMMITTEES), '')::BIGINT AS "
     "REFUNDS_TO_COMMITTEES, strptime(COVERAGE_END_DATE, '%m/%d/%Y')::DATE AS COVERAGE_END_DATE) FROM {table}",
     ""},
    {"ECONOMY", "SP500", "sp500", "SELECT strptime(date, '%b %-d %Y')::DATE AS DATE, price AS PRICE FROM {file}", ""},
    {"ECONOMY", "SP500_2000", "sp500_2000", "", ""},
    {"ECONOMY", "STOCKS", "stocks",
     "SELECT symbol AS SYMBOL, strptime(date, '%b %-d %Y')::DATE AS DATE, price AS PRICE FROM {file}", ""},
    {"ECONOMY", "UNEMPLOYMENT", "unemployment", "", ""},
    {"ECONOMY", "UNEMPLOYMENT_ACROSS_INDUSTRIES", "unemployment_across_industries", "", "DATE is in UTC."},
    {"ECONOMY", "US_EMPLOYMENT", "us_employment", "", ""},
    {"ECONOMY", "WHEAT", "wheat", "SELECT year::BIGINT AS YEAR, wheat AS WHEAT, wages AS WAGES FROM {file}", ""},
    // SOCIETY
    {"SOCIETY", "COUNTRIES", "countries", "SELECT * EXCLUDE (_COMMENT) FROM {table}", ""},
    {"SOCIETY", "CRIMEA", "crimea", "", ""},
    {"SOCIETY", "FOOTBALL", "football", "", ""},
    {"SOCIETY", "GAPMINDER", "gapminder", "", ""},
    {"SOCIETY", "GAPMINDER_HEALTH_INCOME", "gapminder_health_income", "", ""},
    {"SOCIETY", "GITHUB", "github", "", ""},
    {"SOCIETY", "LA_RIOTS", "la_riots", "", ""},
    {"SOCIETY", "MONARCHS", "monarchs",
     "SELECT name AS NAME, \"start\" AS START_YEAR, \"end\" AS END_YEAR, \"index\" AS POSITION, coalesce(commonwealth, "
     "false) AS COMMONWEALTH FROM {file}",
     "The file's columns start, end and index are START_YEAR, END_YEAR and POSITION here."},
    {"SOCIETY", "MOVIES", "movies",
     "SELECT * REPLACE (TITLE ->> '$' AS TITLE, strptime(RELEASE_DATE, '%b %-d %Y')::DATE AS RELEASE_DATE) FROM "
     "{table}",
     ""},
    {"SOCIETY", "OBESITY", "obesity", "", ""},
    {"SOCIETY", "POPULATION", "population", "", ""},
    {"SOCIETY", "POPULATION_ENGINEERS_HURRICANES", "population_engineers_hurricanes", "", ""},
    // SCIENCE
    {"SCIENCE", "ANSCOMBE", "anscombe", "SELECT Series AS SERIES, X::BIGINT AS X, Y AS Y FROM {file}", ""},
    {"SCIENCE", "BARLEY", "barley", "", ""},
    {"SCIENCE", "BURTIN", "burtin", "", ""},
    {"SCIENCE", "NORMAL_2D", "normal_2d", "", ""},
    {"SCIENCE", "PENGUINS", "penguins", "", ""},
    {"SCIENCE", "PLATFORMER_TERRAIN", "platformer_terrain", "", ""},
    {"SCIENCE", "SPECIES", "species", "", "COUNTY_ID is text: a FIPS code keeps its leading zero."},
    {"SCIENCE", "UNIFORM_2D", "uniform_2d", "", ""},
    // GEOGRAPHY
    {"GEOGRAPHY", "EARTHQUAKES", "earthquakes",
     "SELECT f.id AS ID, epoch_ms(f.properties.time::BIGINT) AS TIME, f.properties.mag AS MAGNITUDE, "
     "f.properties.magType AS MAGNITUDE_TYPE, f.properties.place AS PLACE, f.properties.type AS TYPE, "
     "f.geometry.coordinates[1] AS LONGITUDE, f.geometry.coordinates[2] AS LATITUDE, f.geometry.coordinates[3] AS "
     "DEPTH_KM, f.properties.status AS STATUS, f.properties.felt::BIGINT AS FELT, f.properties.tsunami::BIGINT AS "
     "TSUNAMI, f.properties.sig::BIGINT AS SIGNIFICANCE, f.properties.net AS NETWORK, epoch_ms(f.properties.updated::"
     "BIGINT) AS UPDATED, f.properties.url AS URL FROM (SELECT unnest(features) AS f FROM {file})",
     "One row a feature of the GeoJSON file. TIME and UPDATED are in UTC."},
    {"GEOGRAPHY", "LONDON_CENTROIDS", "london_centroids", "", ""},
    {"GEOGRAPHY", "UDISTRICT", "udistrict", "", ""},
    {"GEOGRAPHY", "US_STATE_CAPITALS", "us_state_capitals", "", ""},
    {"GEOGRAPHY", "VOLCANO", "volcano",
     "SELECT i % width AS X, i // width AS Y, values[i + 1] AS ELEVATION FROM (SELECT *, unnest(range(width * height)) "
     "AS i FROM {file})",
     "One row a point of the grid."},
    {"GEOGRAPHY", "ZIPCODES", "zipcodes", "", "ZIP_CODE is text: it keeps its leading zeros."},
    // NETWORKS
    {"NETWORKS", "FLARE", "flare", "", ""},
    {"NETWORKS", "FLARE_DEPENDENCIES", "flare_dependencies", "", ""},
    {"NETWORKS", "LOOKUP_GROUPS", "lookup_groups", "SELECT \"group\" AS GROUP_ID, person AS PERSON FROM {file}",
     "The file's column group is GROUP_ID here, since GROUP is a reserved word."},
    {"NETWORKS", "LOOKUP_PEOPLE", "lookup_people", "", ""},
    {"NETWORKS", "MISERABLES_LINKS", "miserables",
     "SELECT l.source AS SOURCE, l.target AS TARGET, l.value AS VALUE FROM (SELECT unnest(links) AS l FROM {file})",
     "The links of the file; SOURCE and TARGET are POSITION in MISERABLES_NODES."},
    {"NETWORKS", "MISERABLES_NODES", "miserables",
     "SELECT n.index AS POSITION, n.name AS NAME, n.\"group\" AS GROUP_ID FROM (SELECT unnest(nodes) AS n FROM {file})",
     "The nodes of the file."},
};

constexpr SampleColumn columns[] = {
    {"AIRPORTS", "IATA", "Location identifier of the airport (IATA, or FAA where there is none)"},
    {"FLIGHTS_3M", "DATE", "Scheduled departure, local time"},
    {"FLIGHTS_3M", "DELAY", "Arrival delay in minutes; negative when early"},
    {"FLIGHTS_3M", "DISTANCE", "Distance flown in miles"},
    {"FLIGHTS_3M", "ORIGIN", "Airport of departure (AIRPORTS.IATA)"},
    {"FLIGHTS_3M", "DESTINATION", "Airport of arrival (AIRPORTS.IATA)"},
    {"FLIGHTS_AIRPORT", "COUNT", "Flights on this route in 2008"},
    {"ANNUAL_PRECIP", "PRECIPITATION", "Precipitation of the year 2016 in this cell"},
    {"BUDGET", "AMOUNT", "Receipts in thousands of US dollars"},
    {"BUDGET", "FISCAL_YEAR", "1962 to 2020, or TQ"},
    {"EARTHQUAKES", "TIME", "When it happened, UTC"},
    {"EARTHQUAKES", "FELT", "Reports of people who felt it"},
    {"VOLCANO", "ELEVATION", "Metres above sea level"},
};

constexpr SampleOmission omissions[] = {
    {"flights_200k_arrow", "the same rows as flights_200k_json"},
    {"icon_7zip", "an image"},
    {"ffox", "an image"},
    {"gimp", "an image"},
    {"london_boroughs", "shapes only (TopoJSON): no table"},
    {"london_tube_lines", "shapes only (TopoJSON): no table"},
    {"us_10m", "shapes only (TopoJSON): no table"},
    {"world_110m", "shapes only (TopoJSON): no table"},
};

}  // namespace

std::span<const SampleSchema> sample_schemas() { return schemas; }
std::span<const SampleTable> sample_tables() { return tables; }
std::span<const SampleColumn> sample_columns() { return columns; }
std::span<const SampleOmission> sample_omissions() { return omissions; }

}  // namespace backend::duckdb
