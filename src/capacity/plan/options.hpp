/// The options of `snowflake-mcp plan` that make its `Inputs`: names, ranges, meanings in one table.
///
/// Place: `app` registers them on the command line and hands the texts back; the table makes --help and the errors, so
/// both name the same range. Threads: none.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "capacity/plan/inputs.hpp"

namespace capacity::plan {

struct OptionHelp {
    std::string name;      ///< "--clients"
    std::string group;     ///< heading in --help
    std::string text;      ///< meaning, range and default
    bool is_flag = false;  ///< takes no value
};

/// All options, in the order of --help.
std::vector<OptionHelp> option_list();

/// Option and text, as given; of a flag the text is empty.
using Given = std::vector<std::pair<std::string, std::string>>;

/// Errors (`bad_argument`, the option as `argument()`): "--months is 0: allowed is 1 to 600", options that exclude each
/// other, a plan about nobody (no --clients, --target or --history).
base::Result<Inputs> read_options(const Given& given);

/// Credits an hour of one cluster of a standard warehouse (Snowflake's "Understanding compute cost"): 1 for XSMALL,
/// twice as many each size. 0 where there is no such size. Takes XSMALL, X-Small, XS, 2XL, XXLARGE and the like.
double credits_per_hour(std::string_view warehouse_size);

}  // namespace capacity::plan
