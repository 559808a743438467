/// "Something that you listed or subscribed to has changed": from whoever knows to every open stream that asked.
///
/// Stateless era: streams are `subscriptions/listen` requests. Handshake era: the session's GET stream, and the URIs of
/// `resources/subscribe`. Only streams of this process are told: a notification is a hint, `ttlMs` is the promise.
/// Threads: any; a listener is called on its own worker (posted), never with a lock held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/worker.hpp"

namespace mcp {

enum class Change : std::uint8_t { tools, prompts, resources, resource };

/// Which changes a stream wants.
struct ChangeFilter {
    bool tools = false;
    bool prompts = false;
    bool resources = false;
    std::vector<std::string> uris;  ///< `resource` changes of these
    bool any_resource = false;      ///< of all: the listener looks itself

    bool wants(Change change, std::string_view uri) const;
};

class Changes {
public:
    Changes();
    Changes(const Changes&) = delete;
    Changes& operator=(const Changes&) = delete;
    ~Changes();

    void tools_changed() { tell(Change::tools, {}); }
    void prompts_changed() { tell(Change::prompts, {}); }
    void resources_changed() { tell(Change::resources, {}); }
    void resource_updated(std::string_view uri) { tell(Change::resource, uri); }

    /// Runs on the listener's worker.
    using Told = std::function<void(Change, std::string_view uri)>;
    /// Ends the listening when destroyed (on its worker).
    class Listening;
    std::unique_ptr<Listening> listen(async::Worker& worker, ChangeFilter filter, Told told);
    std::size_t listeners() const;

private:
    struct State;
    void tell(Change change, std::string_view uri);
    std::shared_ptr<State> state_;
};

class Changes::Listening {
public:
    struct Parts;
    explicit Listening(std::unique_ptr<Parts> parts);
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening();

private:
    std::unique_ptr<Parts> parts_;
};

}  // namespace mcp
