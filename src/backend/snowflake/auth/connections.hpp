/// Named connections of Snowflake's own tools: `connections.toml` and `config.toml` in $SNOWFLAKE_HOME or ~/.snowflake.
///
/// Place: at start. What is set for this server (SNOWFLAKE_…) wins over a file's values where there is one connection;
/// where there are several, each file's table wins and the settings fill in what it does not say. Blocks on files.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/snowflake/auth/login_task.hpp"
#include "backend/snowflake/settings.hpp"
#include "base/error.hpp"

namespace backend::snowflake {

/// A table of the file: key (lower case, '-' is '_') to text; arrays are comma separated.
using ConnectionTable = std::vector<std::pair<std::string, std::string>>;

struct ConnectionFile {
    std::map<std::string, ConnectionTable, std::less<>> connections;
    std::string default_name;  ///< default_connection_name; empty: not said
};

/// `top`: every table is a connection (connections.toml); else they stand below [connections] (config.toml). Errors:
/// `Kind::bad_argument`, stage config, with file and line; never a value.
base::Result<ConnectionFile> parse_connections(std::string_view text, std::string_view file, bool top);

struct Connection {
    std::string name;  ///< "default" where it comes from the settings alone
    Settings settings;
};

struct Connections {
    std::vector<Connection> all;        ///< the first is the default; empty: Snowflake is not configured
    std::vector<std::string> warnings;  ///< files that others may read, keys that are not known
};

/// What the settings and the files make together. Errors: `Kind::bad_argument`, stage config, about the setting or
/// file: a name that no file has (with those it has), a file that others may write, broken TOML, a value that is out of
/// range.
base::Result<Connections> resolve_connections(const Settings& settings, const Environment& environment);

}  // namespace backend::snowflake
