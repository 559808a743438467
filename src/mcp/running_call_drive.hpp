/// Running a handler: its outcome becomes the answer, now or later. Templates for the files that route.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "mcp/running_call.hpp"

namespace mcp {

/// For an exception that a handler let out: logged, and a plain text for the client.
base::Error thrown(const std::exception& exception);

template <class T>
Outcome<T> RunningCall::guarded(const Run<T>& run) {
    try {
        return run(*this);
    } catch (const std::exception& error) {
        return base::fail(thrown(error));
    }
}

template <class T, class F>
std::optional<Reply> RunningCall::begin(F run) {
    std::optional<Outcome<T>> outcome;
    try {
        outcome.emplace(run(*this));
    } catch (const std::exception& error) {
        return render(thrown(error));
    }
    if (!outcome->answered()) return suspend<T>(std::move(*outcome), run);
    auto& answer = outcome->answer();
    if (!answer) return render(answer.error());
    if (input_of(*answer) != nullptr && !is_stateless(revision_)) return suspend<T>(std::move(*outcome), run);
    return render(std::move(*answer));
}

template <class T>
std::optional<Reply> RunningCall::suspend(Outcome<T> outcome, Run<T> run) {
    if (!keep()) {
        return render(base::Error{base::Kind::overloaded, "too many requests are in work"}
                          .at(base::Stage::queue)
                          .retry_after(std::chrono::seconds{1}));
    }
    auto shared = std::make_shared<Outcome<T>>(std::move(outcome));
    const bool spawned =
        core_.tasks.spawn(storage_.worker(), [self = shared_from_this(), shared = std::move(shared),
                                              run = std::move(run)] { return drive<T>(self, shared, run); });
    if (spawned) return std::nullopt;
    core_.calls.remove(facts_.scope, message_.id, *this);
    kept_ = false;
    return shutting_down();
}

template <class T>
async::Task<void> RunningCall::drive(std::shared_ptr<RunningCall> self, std::shared_ptr<Outcome<T>> outcome,
                                     Run<T> run) {
    RunningCall& call = *self;
    for (int round = 0;; ++round) {
        std::optional<base::Result<T>> answer;
        if (outcome->answered()) {
            answer = std::move(outcome->answer());
        } else {
            try {
                answer = co_await std::move(*outcome).later();
            } catch (const std::exception& error) {
                answer = base::fail(thrown(error));
            }
        }
        const auto* input = *answer ? input_of(**answer) : nullptr;
        if (input == nullptr || is_stateless(call.revision_)) {
            call.complete(*answer ? call.render(std::move(**answer)) : call.render(answer->error()));
            co_return;
        }
        base::Result<void> asked;
        if (round < call.core_.options.max_input_rounds) {
            asked = co_await ask_client(self, *input);
        } else {
            asked = base::fail(base::Kind::internal, "too many rounds of input");
        }
        if (!asked) {
            call.complete(call.render(asked.error()));
            co_return;
        }
        outcome = std::make_shared<Outcome<T>>(call.guarded<T>(run));
    }
}

}  // namespace mcp
