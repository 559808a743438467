/// Sends a finished report by mail, with libcurl.
///
/// Place: `snowflake-mcp report --mail-to`. The address of the server may hold a password: it stands in no message and
/// no log. Threads: the caller's, which waits.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace capacity::report {

struct MailServer {
    /// smtp://[user:password@]host[:port] or smtps://…; user and password percent-encoded.
    base::Secret url;
    std::string from;     ///< empty: snowflake-mcp@<this host>
    std::string ca_file;  ///< PEM, beside the system's authorities; may be empty
    std::chrono::seconds patience{60};
};

struct Mail {
    std::vector<std::string> to;
    std::string subject;  ///< ASCII
    std::string text;
    std::string html;       ///< the attachment
    std::string file_name;  ///< of the attachment
};

/// One address: something@something, without blanks, control characters and what would end a header or a command.
/// Errors: `bad_argument`.
base::Result<void> check_address(const std::string& address);
/// Before anything is measured: the URL's form. Errors: `bad_argument` that names SMTP_URL and not its password.
base::Result<void> check_server(const MailServer& server);

/// A server that is not this machine gets a password only through TLS (smtps, or STARTTLS). Errors: `bad_argument`,
/// `credentials` (login refused), `unavailable` (refused, unreachable, TLS), `denied` (sender or recipient refused),
/// `timeout`.
base::Result<void> send_mail(const MailServer& server, const Mail& mail);

}  // namespace capacity::report
