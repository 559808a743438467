#include "mcp/changes.hpp"

#include <algorithm>
#include <list>

#include "base/mutex.hpp"

namespace mcp {

bool ChangeFilter::wants(Change change, std::string_view uri) const {
    switch (change) {
        case Change::tools: return tools;
        case Change::prompts: return prompts;
        case Change::resources: return resources;
        case Change::resource: return any_resource || std::ranges::find(uris, uri) != uris.end();
    }
    return false;
}

struct Changes::State {
    struct Listener {
        async::Worker& worker;
        ChangeFilter filter;
        Told told;  // emptied on the worker when the listening ends: what is posted after that finds nothing
    };

    base::Mutex mutex;
    std::list<std::shared_ptr<Listener>> listeners BASE_GUARDED_BY(mutex);
};

struct Changes::Listening::Parts {
    std::shared_ptr<State> state;
    std::shared_ptr<State::Listener> listener;
};

Changes::Changes() : state_{std::make_shared<State>()} {}
Changes::~Changes() = default;

std::unique_ptr<Changes::Listening> Changes::listen(async::Worker& worker, ChangeFilter filter, Told told) {
    auto listener = std::make_shared<State::Listener>(State::Listener{worker, std::move(filter), std::move(told)});
    {
        const base::MutexLock lock{state_->mutex};
        state_->listeners.push_back(listener);
    }
    return std::make_unique<Listening>(
        std::make_unique<Listening::Parts>(Listening::Parts{state_, std::move(listener)}));
}

std::size_t Changes::listeners() const {
    const base::MutexLock lock{state_->mutex};
    return state_->listeners.size();
}

void Changes::tell(Change change, std::string_view uri) {
    std::vector<std::shared_ptr<State::Listener>> told;
    {
        const base::MutexLock lock{state_->mutex};
        for (const auto& listener : state_->listeners) {
            if (listener->filter.wants(change, uri)) told.push_back(listener);
        }
    }
    for (auto& listener : told) {
        listener->worker.post([listener, change, uri = std::string{uri}] {
            const auto told = listener->told;  // a copy: it may end its own listening
            if (told) told(change, uri);
        });
    }
}

Changes::Listening::Listening(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}

Changes::Listening::~Listening() {
    parts_->listener->told = nullptr;
    const base::MutexLock lock{parts_->state->mutex};
    parts_->state->listeners.remove(parts_->listener);
}

}  // namespace mcp
