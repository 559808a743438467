/// What the load generator asks: requests with weights, and keys that vary them. Out of a file, or built in.
///
/// Place: read before a run; `RequestText` renders it. Plain values; parsing is pure. Threads: none.
///
/// A workload file is JSON:
///
///     {"name": "analysts",
///      "zipf": 1.1,                        // weight of the k-th request is 1 / k^1.1 where it has none of its own
///      "requests": [
///        {"tool": "execute_query",         // a call of a tool …
///         "arguments": {"query": "SELECT * FROM orders WHERE id = {{key}}"},
///         "weight": 3,                     // share; 1 when left out
///         "keys": 1000,                    // {{key}} in any text becomes 1 to 1000 …
///         "zipf": 0.9,                     // … by Zipf's law; 0 (all alike) when left out
///         "expect": "text",                // the answer's text must contain it
///         "expect_regex": "^\\d+"},        // or match this (ECMAScript, in its first 16 KiB)
///        {"tool": "lookup", "arguments": {"id": "{{number}}"}, "keys": 50},   // alone in a text: a JSON number
///        {"tool": "describe_table", "arguments": {"table": "{{key}}"}, "values": ["A", "B", "C"]},
///        {"method": "tools/list", "params": {}}                               // … or any other request
///      ]}
///
/// Unknown fields are refused, so that a slip of the pen does not change what is measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace capacity::bench {

struct WorkloadRequest {
    std::string method = "tools/call";
    std::string tool;              ///< of tools/call
    std::string arguments = "{}";  ///< JSON: a tool's arguments, or another method's params
    double weight = 1;
    std::uint64_t keys = 0;           ///< 0: none
    std::vector<std::string> values;  ///< instead of numbers
    double zipf = 0;                  ///< of the keys
    std::string expect;               ///< empty: no matter
    std::string expect_regex;         ///< empty: no matter

    std::uint64_t key_count() const { return values.empty() ? keys : values.size(); }
    std::string name() const { return tool.empty() ? method : method + " " + tool; }
};

struct Workload {
    std::string name;
    std::vector<WorkloadRequest> requests;  ///< at least one

    static constexpr std::size_t most_requests = 1000;
    static constexpr std::uint64_t most_keys = 1'000'000'000'000;
};

/// `name`: of the file, for messages. Errors: `bad_argument` with line and column, or the field.
base::Result<Workload> parse_workload(std::string_view text, std::string_view name);
base::Result<Workload> read_workload(const std::string& path);
/// One tool with fixed arguments (JSON text), as on the command line.
base::Result<Workload> single_tool(std::string tool, std::string_view arguments, std::string expect,
                                   std::string expect_regex);

/// A tool as `tools/list` describes it.
struct ToolFacts {
    std::string name;
    bool read_only = false;  ///< by its annotation
    bool has_required_arguments = false;
    /// `x-mcp-header`: property path and header name (specification 2026-07-28).
    struct Header {
        std::vector<std::string> path;
        std::string name;
    };
    std::vector<Header> headers;
};

/// What is asked when nobody says: of a server with `execute_query` a mix of small reads, most of which repeat; of
/// another its first tool that is marked as reading only and needs no arguments; else tools/list. Never a tool that may
/// change something.
Workload built_in_workload(const std::vector<ToolFacts>& tools);

/// Every tool of `workload` is among `tools`, or `not_found` that names it and the nearest.
base::Result<void> check_tools(const Workload& workload, const std::vector<ToolFacts>& tools);

}  // namespace capacity::bench
