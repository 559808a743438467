#include "mcp/session.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "mcp/task.hpp"

namespace mcp {
namespace {

constexpr std::string_view purpose = "mcp-session";

/// The payload: revision, capabilities as bits, then key, name and version, each behind its length. One byte each.
std::string pack(const Session& session) {
    const auto& c = session.capabilities;
    const unsigned bits = (c.elicitation_form ? 1U : 0U) | (c.elicitation_url ? 2U : 0U) | (c.sampling ? 4U : 0U) |
                          (c.sampling_tools ? 8U : 0U) | (c.sampling_context ? 16U : 0U) | (c.roots ? 32U : 0U);
    std::string packed;
    packed += static_cast<char>(session.revision);
    packed += static_cast<char>(bits);
    for (const std::string_view text :
         std::array<std::string_view, 3>{session.key, session.client_name, session.client_version}) {
        packed += static_cast<char>(text.size());
        packed += text;
    }
    return packed;
}

std::optional<Session> unpack(std::string_view packed) {
    if (packed.size() < 2 || static_cast<unsigned char>(packed[0]) > static_cast<unsigned char>(latest_handshake)) {
        return std::nullopt;
    }
    Session session;
    session.revision = static_cast<Revision>(packed[0]);
    const auto bits = static_cast<unsigned char>(packed[1]);
    session.capabilities = {.elicitation_form = (bits & 1U) != 0,
                            .elicitation_url = (bits & 2U) != 0,
                            .sampling = (bits & 4U) != 0,
                            .sampling_tools = (bits & 8U) != 0,
                            .sampling_context = (bits & 16U) != 0,
                            .roots = (bits & 32U) != 0};
    packed.remove_prefix(2);
    for (std::string* text : {&session.key, &session.client_name, &session.client_version}) {
        if (packed.empty()) return std::nullopt;
        const auto size = static_cast<unsigned char>(packed[0]);
        if (packed.size() < 1U + size) return std::nullopt;
        *text = packed.substr(1, size);
        packed.remove_prefix(1U + size);
    }
    return session;
}

base::Error unknown() {
    return base::Error{base::Kind::not_found, "no such session: it is unknown, ended or expired"}.at(
        base::Stage::protocol);
}

}  // namespace

ClientCapabilities capabilities_from(const boost::json::object& capabilities) {
    ClientCapabilities result;
    if (const auto* elicitation = find_object(capabilities, "elicitation")) {
        result.elicitation_url = find_object(*elicitation, "url") != nullptr;
        // An empty object means form mode, as before there were modes.
        result.elicitation_form = find_object(*elicitation, "form") != nullptr || !result.elicitation_url;
    }
    if (const auto* sampling = find_object(capabilities, "sampling")) {
        result.sampling = true;
        result.sampling_tools = find_object(*sampling, "tools") != nullptr;
        result.sampling_context = find_object(*sampling, "context") != nullptr;
    }
    result.roots = find_object(capabilities, "roots") != nullptr;
    if (const auto* extensions = find_object(capabilities, "extensions")) {
        result.tasks = find_object(*extensions, tasks_extension) != nullptr;
    }
    return result;
}

std::string Sessions::seal(const Session& session, const std::string& principal, base::WallTime now) const {
    return sealer_.seal({.purpose = std::string{purpose},
                         .principal = principal,
                         .connection = {},
                         .role = {},
                         .expires = now + limits_.ttl,
                         .payload = pack(session)});
}

base::Result<SessionPtr> Sessions::open(std::string_view token, const std::string& principal,
                                        base::WallTime now) const {
    const auto opened = sealer_.open(token, purpose, principal, now);
    if (!opened) return base::fail(unknown());
    auto session = unpack(opened->payload);
    if (!session || was_ended(session->key)) return base::fail(unknown());
    return std::make_shared<const Session>(std::move(*session));
}

void Sessions::end(const Session& session, base::WallTime now) {
    const base::MutexLock lock{mutex_};
    notes_.erase(session.key);
    if (!ended_.emplace(session.key, now + limits_.ttl).second) return;
    ended_order_.push_back(session.key);
    // All live equally long, so the oldest end is the first to be forgotten.
    while (!ended_order_.empty() && (ended_.size() > limits_.ended || ended_[ended_order_.front()] <= now)) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

bool Sessions::was_ended(const std::string& session) const {
    const base::MutexLock lock{mutex_};
    return ended_.contains(session);
}

Sessions::Notes& Sessions::notes_of(const std::string& session) {
    if (!notes_.contains(session) && notes_.size() >= limits_.notes) {
        notes_.erase(std::ranges::min_element(notes_, {}, [](const auto& entry) { return entry.second.touched; }));
    }
    auto& notes = notes_[session];
    notes.touched = ++next_;
    return notes;
}

void Sessions::set_log_level(const std::string& session, LogLevel level) {
    const base::MutexLock lock{mutex_};
    notes_of(session).level = level;
}

std::optional<LogLevel> Sessions::log_level(const std::string& session) const {
    const base::MutexLock lock{mutex_};
    const auto found = notes_.find(session);
    return found == notes_.end() ? std::nullopt : found->second.level;
}

void Sessions::subscribe(const std::string& session, std::string uri) {
    const base::MutexLock lock{mutex_};
    auto& uris = notes_of(session).uris;
    if (std::ranges::find(uris, uri) != uris.end()) return;
    if (uris.size() >= max_subscriptions) uris.erase(uris.begin());
    uris.push_back(std::move(uri));
}

void Sessions::unsubscribe(const std::string& session, const std::string& uri) {
    const base::MutexLock lock{mutex_};
    const auto found = notes_.find(session);
    if (found != notes_.end()) std::erase(found->second.uris, uri);
}

bool Sessions::is_subscribed(const std::string& session, std::string_view uri) const {
    const base::MutexLock lock{mutex_};
    const auto found = notes_.find(session);
    return found != notes_.end() && std::ranges::find(found->second.uris, uri) != found->second.uris.end();
}

std::size_t Sessions::add_stream(const std::string& session) {
    const base::MutexLock lock{mutex_};
    streams_[session].push_back(++next_);
    return next_;
}

void Sessions::remove_stream(const std::string& session, std::size_t stream) {
    const base::MutexLock lock{mutex_};
    const auto found = streams_.find(session);
    if (found == streams_.end()) return;
    std::erase(found->second, stream);
    if (found->second.empty()) streams_.erase(found);
}

bool Sessions::is_current_stream(const std::string& session, std::size_t stream) const {
    const base::MutexLock lock{mutex_};
    const auto found = streams_.find(session);
    return found != streams_.end() && found->second.back() == stream;
}

}  // namespace mcp
