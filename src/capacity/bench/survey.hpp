/// What a server is, before it is loaded: its revision, whether it wants sessions, its name and its tools.
///
/// Place: the beginning of every run. Follows the specification's rules for clients of both eras (2026-07-28,
/// "Versioning and Compatibility"): `server/discover` first, and the handshake where that is not understood. Blocking.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "capacity/bench/conversation.hpp"
#include "capacity/bench/workload.hpp"

namespace capacity::bench {

struct Survey {
    Dialect dialect;
    bool sessions = false;  ///< the server gave a session id
    std::string server;     ///< "name version"
    std::vector<ToolFacts> tools;
};

/// `dialect`: transport, target and the user's headers; its revision is set here. `wanted`: a revision, or empty for
/// the newest that both speak. Errors say what the server answered: `unavailable`, `credentials` (401, 403),
/// `bad_argument` for what is no MCP server or does not speak `wanted`.
base::Result<Survey> survey(Conversation& conversation, Dialect dialect, const std::string& wanted);

/// One client's handshake, as the survey's was: the session's id, empty where the server gives none.
base::Result<std::string> open_session(Conversation& conversation, const Dialect& dialect);
/// Tells the server that a session is over (DELETE); what it answers does not matter.
void close_session(HttpConversation& conversation, const Dialect& dialect, const std::string& session);

}  // namespace capacity::bench
