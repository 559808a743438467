/// Which table of SAMPLE_DATA comes from which data set of vega-datasets, and the views over them.
///
/// Place: read by `sample_data.cpp` only. Everything here is a literal; changing it builds the database anew.
#pragma once

#include <span>
#include <string_view>

namespace backend::duckdb {

struct SampleSchema {
    std::string_view name;
    std::string_view comment;
};

struct SampleTable {
    std::string_view schema;
    std::string_view name;
    std::string_view resource;  ///< name in datapackage.json: file, description, licence, column descriptions
    /// `{file}` stands for the file as a table, `{table}` for the same with names made identifiers. Empty: {table}.
    std::string_view select;
    std::string_view note;  ///< added to the comment: what differs from the file
};

struct SampleColumn {
    std::string_view table;
    std::string_view column;
    std::string_view comment;  ///< where the package has none
};

struct SampleView {
    std::string_view schema;
    std::string_view name;
    std::string_view comment;
    /// Snowflake SQL that DuckDB reads the same.
    std::string_view select;
};

/// Data sets that are no tables here, and why (docs/sample-data.md says the same).
struct SampleOmission {
    std::string_view resource;
    std::string_view reason;
};

std::span<const SampleSchema> sample_schemas();
std::span<const SampleTable> sample_tables();
std::span<const SampleColumn> sample_columns();
std::span<const SampleView> sample_views();
std::span<const SampleOmission> sample_omissions();

}  // namespace backend::duckdb
