/// `status`: asks a running server for its status and prints it.
///
/// Place: a subcommand; blocks, no workers. The server is asked by its UNIX socket (ADMIN_SOCKET) or at an http:// URL
/// with ADMIN_TOKEN. Exit codes: 0 it is ready; 2 wrong usage or settings; 4 it answers but is not ready, or refuses; 5
/// nobody answers.
#pragma once

#include <ostream>
#include <string>

#include "admin/settings.hpp"

namespace app {

struct StatusArguments {
    std::string socket;  ///< empty: `admin.socket`
    std::string url;     ///< "http://host:port"; empty: the socket, else the metrics port with `admin.token`
    std::string metrics_host;
    int metrics_port = 0;
    bool json = false;
};

int run_status_command(const StatusArguments& arguments, const admin::Settings& settings, std::ostream& out,
                       std::ostream& err);

/// The same of a status that has come: for people, one line a figure. For tests.
std::string status_text(const std::string& json);

}  // namespace app
