/// What a column's values are, decided once from its row type; and the type's name as Snowflake writes it.
///
/// Place: under both decoders. Threads: immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/result_set.hpp"
#include "backend/snowflake/result/query_answer.hpp"
#include "backend/zone.hpp"

namespace backend::snowflake {

struct CellPlan {
    enum class Kind : std::uint8_t {
        text,  // and whatever is not known
        fixed,
        real,
        decfloat,
        boolean,
        date,
        time,
        timestamp_ntz,
        timestamp_ltz,
        timestamp_tz,
        binary,
        json,  // VARIANT, OBJECT, ARRAY, MAP, VECTOR, GEOGRAPHY, GEOMETRY, FILE
        interval_year_month,
        interval_day_time,
    };
    Kind kind = Kind::text;
    std::int16_t scale = 0;      ///< digits of a fraction; intervals: which fields (1 years, 2 months, else both)
    const Zone* zone = nullptr;  ///< of timestamp_ltz; outlives the plan
};

/// By the name of a type in `rowtype` or in Arrow's `logicalType`, any case.
CellPlan::Kind kind_of_type(std::string_view type);
CellPlan plan_of(const RowType& type, const Zone& zone);

/// NUMBER(38,0), VARCHAR(16777216), TIMESTAMP_NTZ(9), OBJECT(a NUMBER(38,0)), VECTOR(FLOAT, 3), …
std::string type_text(const RowType& type);
Column column_of(const RowType& type);

}  // namespace backend::snowflake
