#include "backend/snowflake/auth/login.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>
#include <variant>

#include "async/signal.hpp"
#include "backend/snowflake/auth/credentials_state.hpp"
#include "backend/snowflake/auth/login_core.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "net/client/loopback_listener.hpp"

namespace backend::snowflake {

namespace {

constexpr std::size_t largest_answer = std::size_t{16} << 20;

double system_random() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>{0.0, 1.0}(generator);
}

class FunctionJob final : public async::BlockingPool::Job {
public:
    explicit FunctionJob(std::function<void()> work) : work_{std::move(work)} {}
    void run() override { work_(); }

private:
    std::function<void()> work_;
};

/// Runs `work`, which owns what it touches, where it may block.
async::Task<base::Result<void>> apart(async::Call& call, async::BlockingPool* files, std::function<void()> work) {
    if (files == nullptr) {
        work();
        co_return base::Result<void>{};
    }
    co_return co_await files->run(call, std::make_shared<FunctionJob>(std::move(work)));
}

/// May another attempt help: the core reads it off the stage.
bool is_passing_cause(net::client::Cause cause) {
    using net::client::Cause;
    return cause == Cause::closed || cause == Cause::silent || cause == Cause::connect || cause == Cause::tls ||
           cause == Cause::malformed || cause == Cause::decoding;
}

/// Does what the core says, on the call's worker. Lives in `log_in`'s frame.
class Hands {
public:
    Hands(async::Call& call, const LoginServices& services) : call_{call}, services_{services} {}

    async::Task<Event> act(Step step) {
        if (auto* const request = std::get_if<SendRequest>(&step)) {
            co_return co_await send(std::move(*request));
        }
        if (auto* const where = std::get_if<Listen>(&step)) {
            co_return listen(*where);
        }
        if (auto* const page = std::get_if<OpenBrowser>(&step)) {
            co_return co_await open(std::move(page->url));
        }
        if (auto* const wait = std::get_if<AwaitCallback>(&step)) {
            co_return co_await callback(std::move(*wait));
        }
        if (auto* const pause = std::get_if<Pause>(&step)) {
            co_return co_await sleep(pause->time);
        }
        if (auto* const file = std::get_if<ReadFile>(&step)) {
            co_return co_await read(std::move(file->path));
        }
        if (auto* const answer = std::get_if<AnswerBrowser>(&step); answer != nullptr && listener_ != nullptr) {
            listener_->reply(answer->ok, answer->title, answer->text);
        }
        co_return Acknowledged{};
    }

private:
    base::TimePoint latest(std::chrono::milliseconds patience) const {
        return patience.count() == 0 ? call_.deadline() : std::min(call_.deadline(), call_.worker().now() + patience);
    }

    async::Task<Event> send(SendRequest asked) {
        async::Call call{call_, latest(asked.patience)};
        net::client::Request request;
        request.method = std::move(asked.method);
        request.url = std::move(asked.url);
        request.headers = std::move(asked.headers);
        request.body = std::move(asked.body);
        request.lane = net::client::Lane::control;
        // A second push message would ring a person twice; the others do no harm when they are sent again.
        request.repeat = asked.trust == Trust::account && asked.patience.count() > 0 ? net::client::Repeat::never
                                                                                     : net::client::Repeat::allowed;
        request.limits.body_bytes = largest_answer;
        auto response = co_await services_.http.send(call, std::move(request));
        if (!response) {
            co_return failure(std::move(response.error()));
        }
        HttpAnswer answer{.status = response->status(), .headers = {}, .body = {}};
        for (const net::client::HeaderField& field : response->headers()) {
            answer.headers.emplace_back(field.name, field.value);
        }
        auto body = co_await response->body(call, largest_answer);
        if (!body) {
            co_return failure(std::move(body.error()));
        }
        answer.body = std::move(*body);
        co_return answer;
    }

    static Event failure(net::client::Failure failed) {
        base::Error error = std::move(failed.error);
        if (is_passing_cause(failed.cause)) {
            error = std::move(error).at(base::Stage::login);
        } else if (error.stage() == base::Stage::login && failed.cause != net::client::Cause::stopped) {
            error = std::move(error).at(base::Stage::none);
        }
        return error;
    }

    Event listen(const Listen& where) {
        auto opened = net::client::LoopbackListener::open(call_.worker(), where.host, where.port);
        if (!opened) {
            base::Error error = std::move(opened.error());
            return std::move(error).at(base::Stage::login).about("SNOWFLAKE_OAUTH_REDIRECT_URI");
        }
        listener_ = std::move(*opened);
        return Listening{.port = listener_->port()};
    }

    async::Task<Event> open(std::string url) {
        base::log::warn("log in with your browser; if no page opens, open this one: {}", url);
        const auto opened = std::make_shared<bool>(false);
        (void)co_await apart(
            call_, services_.files,
            [opened, url, show = services_.credentials.state()->options.open_browser] { *opened = show(url); });
        co_return BrowserOpened{.opened = *opened};
    }

    async::Task<Event> callback(AwaitCallback wait) {
        if (listener_ == nullptr) {
            co_return base::Error{base::Kind::internal, "nobody listens for the browser"};
        }
        async::Call call{call_, latest(wait.patience)};
        auto came = co_await listener_->next(call, wait.path);
        if (came) {
            co_return CallbackCame{
                .method = std::move(came->method), .query = std::move(came->query), .body = std::move(came->body)};
        }
        if (call_.stopped() || call.stop_reason() != async::StopReason::deadline) {
            co_return std::move(came.error());
        }
        base::Error error{base::Kind::timeout,
                          fmt::format("nobody finished the login in the browser within {} s. Try again, or raise "
                                      "SNOWFLAKE_EXTERNAL_BROWSER_TIMEOUT_SECONDS",
                                      wait.patience.count())};
        co_return std::move(error).at(base::Stage::login).about("SNOWFLAKE_EXTERNAL_BROWSER_TIMEOUT_SECONDS");
    }

    async::Task<Event> sleep(std::chrono::milliseconds time) {
        async::Call call{call_, latest(std::max(time, std::chrono::milliseconds{1}))};
        async::Signal never;
        co_await never.wait(call);
        if (call_.stopped()) {
            co_return call_.stopped_error(base::Stage::login);
        }
        co_return Acknowledged{};
    }

    async::Task<Event> read(std::string path) {
        const auto text = std::make_shared<base::Result<std::string>>();
        auto done = co_await apart(call_, services_.files, [text, path] { *text = read_small_file(path, path); });
        if (!done) {
            co_return std::move(done.error());
        }
        if (!*text) {
            co_return std::move(text->error());
        }
        co_return FileText{.text = std::move(**text)};
    }

    async::Call& call_;
    const LoginServices& services_;
    std::unique_ptr<net::client::LoopbackListener> listener_;
};

async::Task<base::Result<LoginAnswer>> run(async::Call& call, const LoginServices& services, Context context,
                                           Method method, Account account) {
    const std::shared_ptr<Credentials::State> state = services.credentials.state();
    const auto material = std::make_shared<base::Result<Material>>();
    auto loaded = co_await apart(call, services.files,
                                 [material, state, method, account] { *material = state->load(method, account); });
    if (!loaded) {
        co_return base::fail(std::move(loaded.error()));
    }
    if (!*material) {
        co_return base::fail(std::move(material->error()));
    }
    LoginCore core{LoginTask{.settings = state->settings,
                             .account = account,
                             .context = std::move(context),
                             .identity = services.identity,
                             .material = std::move(**material),
                             .environment = state->environment,
                             .random_bytes = base::random_bytes,
                             .random = services.random ? services.random : system_random},
                   method};
    Hands hands{call, services};
    Step step = core.start(services.wall_now());
    while (!std::holds_alternative<Ended>(step)) {
        Event event = co_await hands.act(std::move(step));
        step = core.tell(std::move(event), services.wall_now());
    }
    state->remember(core.changes(), core.passcode_used(), core.refused_token());
    if (!core.changes().empty() && state->keeps_in_file(method)) {
        // Not the call's to wait for: a token that was given is kept even when the caller has left.
        auto job = std::make_shared<FunctionJob>(
            [state, account, changes = core.changes()] { state->write(account, changes); });
        if (services.files != nullptr) {
            services.files->post(std::move(job));
        } else {
            job->run();
        }
    }
    co_return core.result();
}

}  // namespace

async::Task<base::Result<LoginAnswer>> log_in(async::Call& call, LoginServices services, const Settings& settings,
                                              Context context) {
    Credentials::State& state = *services.credentials.state();
    (void)settings;  // the same as the credentials' own
    auto account = state.account();
    if (!account) {
        co_return base::fail(std::move(account.error()));
    }
    auto method = state.method();
    if (!method) {
        co_return base::fail(std::move(method.error()));
    }
    if (!asks_a_person(*method)) {
        co_return co_await run(call, services, std::move(context), *method, std::move(*account));
    }
    auto turn = co_await state.take_turn(call);
    if (!turn) {
        co_return base::fail(std::move(turn.error()));
    }
    auto result = co_await run(call, services, std::move(context), *method, std::move(*account));
    if (!result && !call.stopped()) {
        turn->failed(result.error());
    }
    co_return result;
}

}  // namespace backend::snowflake
