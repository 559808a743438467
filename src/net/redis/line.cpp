#include "net/redis/line.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/redis/connection.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "async/deadline_wheel.hpp"
#include "async/signal.hpp"
#include "base/log.hpp"

namespace net::redis {
namespace {

namespace redis = boost::redis;
using boost::system::error_code;

constexpr std::chrono::milliseconds first_wait{100};
constexpr std::chrono::milliseconds longest_wait{10'000};
constexpr std::chrono::seconds connect_patience{2};
constexpr std::size_t largest_answer = std::size_t{512} << 20;

boost::asio::ssl::context tls_context(const Settings& settings) {
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
    if (!settings.ssl) return context;
    context.set_options(boost::asio::ssl::context::default_workarounds | boost::asio::ssl::context::no_tlsv1 |
                        boost::asio::ssl::context::no_tlsv1_1);
    context.set_verify_mode(boost::asio::ssl::verify_peer);
    error_code error;
    if (settings.ca_file.empty()) {
        context.set_default_verify_paths(error);
    } else {
        context.load_verify_file(settings.ca_file, error);
    }
    if (error) base::log::error("REDIS_CA_FILE ({}) cannot be read: {}", settings.ca_file, error.message());
    return context;
}

Element element_of(redis::resp3::node& node) {
    using Type = redis::resp3::type;
    Element element{.size = node.aggregate_size, .depth = node.depth, .text = std::move(node.value)};
    switch (node.data_type) {
        case Type::null: element.type = Element::Type::null; break;
        case Type::number: element.type = Element::Type::integer; break;
        case Type::simple_error:
        case Type::blob_error: element.type = Element::Type::error; break;
        case Type::array:
        case Type::push:
        case Type::set:
        case Type::map:
        case Type::attribute: element.type = Element::Type::array; break;
        default: element.type = Element::Type::text; break;
    }
    return element;
}

/// `push_range` leaves out a command whose range is empty: PING, ASKING.
void add_to(redis::request& request, const std::vector<std::string>& command) {
    if (command.size() == 1) {
        request.push(command.front());
    } else {
        request.push_range(command.front(), command.begin() + 1, command.end());
    }
}

/// Cuts a flat answer into one a command: each begins at depth 0.
std::vector<Reply> split(std::vector<redis::resp3::node>& nodes) {
    std::vector<Reply> replies;
    for (auto& node : nodes) {
        if (node.depth == 0 || replies.empty()) replies.emplace_back();
        replies.back().push_back(element_of(node));
    }
    return replies;
}

}  // namespace

/// Kept by every handler that is out.
struct Line::State : std::enable_shared_from_this<Line::State> {
    State(async::Worker& on, const Settings& settings, const Node& node, Told given)
        : worker{on},
          told{std::move(given)},
          connection{std::make_unique<redis::connection>(worker.executor(), tls_context(settings), largest_answer)},
          retry{[this] { run(); }} {
        config.use_ssl = settings.ssl;
        config.addr = {node.host, std::to_string(node.port)};
        config.username = settings.username.empty() ? "default" : settings.username;
        config.password = std::string{settings.password.reveal()};
        config.clientname = "snowflake-mcp";
        config.database_index = settings.db;
        config.resolve_timeout = config.connect_timeout = config.ssl_handshake_timeout = connect_patience;
        config.health_check_interval = std::chrono::seconds{2};
        config.reconnect_wait_interval = std::chrono::seconds{0};  // ours
    }

    /// A stream that has spoken TLS once does not do so again: each try has one of its own.
    void renew_stream() {
        connection->reset_stream();
        if (!config.use_ssl) return;
        auto& stream = connection->next_layer();
        boost::system::error_code is_name;
        (void)boost::asio::ip::make_address(config.addr.host, is_name);
        if (is_name) SSL_set_tlsext_host_name(stream.native_handle(), config.addr.host.c_str());
        stream.set_verify_callback(boost::asio::ssl::host_name_verification{config.addr.host});
    }

    void run() {
        if (ending) return;
        running = true;
        renew_stream();
        connection->async_run(
            config, redis::logger{redis::logger::level::disabled},
            [end = std::make_unique<End>(shared_from_this())](error_code error) { end->come(error); });
        receive();
        // The first command that is answered shows that it stands.
        auto ping = std::make_shared<Exchange>();
        ping->request.push("PING");
        connection->async_exec(ping->request, ping->response,
                               [self = shared_from_this(), ping](error_code error, std::size_t) {
                                   if (!error) self->is_now_up();
                               });
    }

    /// Boost.Redis throws where a length is announced that no buffer holds, and forgets whom to tell: whoever waits for
    /// the end of the run is destroyed then, unheard.
    class End {
    public:
        explicit End(std::shared_ptr<State> state) : state_{std::move(state)} {}
        End(const End&) = delete;
        End& operator=(const End&) = delete;
        ~End() {
            if (!state_ || state_->ending) return;
            boost::asio::post(state_->worker.executor(),
                              [state = state_] { state->ended(boost::asio::error::message_size); });
        }
        void come(error_code error) { std::exchange(state_, nullptr)->ended(error); }

    private:
        std::shared_ptr<State> state_;
    };

    void is_now_up() {
        up = true;
        wait = first_wait;
        if (told.on_up) told.on_up();
    }

    void ended(error_code error) {
        running = false;
        if (up && !ending)
            base::log::warn("the connection to Redis at {}:{} is lost: {}", config.addr.host, config.addr.port,
                            error.message());
        up = false;
        // The first command and the wait for pushes, where it did not even connect: the next try has its own.
        connection->cancel(redis::operation::exec);
        connection->cancel(redis::operation::receive);
        if (ending) return;
        worker.wheel().arm(retry, worker.now() + wait);
        wait = std::min(wait * 2, longest_wait);
    }

    void receive() {
        if (!told.on_push) return;
        connection->set_receive_response(pushed);
        connection->async_receive([self = shared_from_this()](error_code error, std::size_t) {
            if (error) return;
            if (self->pushed.has_value() && !self->pushed.value().empty()) {
                for (const auto& reply : split(self->pushed.value())) self->told.on_push(reply);
            }
            self->pushed = {};
            if (self->running) self->receive();
        });
    }

    struct Exchange {
        redis::request request;
        redis::generic_response response;
        async::Signal signal;
        error_code error;
        bool done = false;
        bool left = false;
    };

    async::Worker& worker;
    Told told;
    redis::config config;
    std::unique_ptr<redis::connection> connection;
    redis::generic_response pushed;
    async::DeadlineWheel::Entry retry;
    std::chrono::milliseconds wait = first_wait;
    std::size_t in_flight = 0;
    bool running = false;
    bool up = false;
    bool ending = false;
};

Line::Line(async::Worker& worker, const Settings& settings, Node node, Told told)
    : node_{std::move(node)},
      timeout_{settings.timeout_ms},
      state_{std::make_shared<State>(worker, settings, node_, std::move(told))} {
    state_->run();
}

Line::~Line() { stop(); }

bool Line::is_up() const { return state_->up; }

void Line::stop() {
    if (state_->ending) return;
    state_->ending = true;
    state_->told = {};
    state_->retry.cancel();
    state_->connection->cancel();
}

bool Line::stopped() const { return !state_->running && state_->in_flight == 0; }

async::Task<base::Result<std::vector<Reply>>> Line::run(async::Call& call, std::vector<Command> commands) {
    const auto state = state_;
    const auto unavailable = [&](std::string_view why) {
        return base::fail(
            base::Error{base::Kind::unavailable,
                        fmt::format("Redis at {}:{}: {}", state->config.addr.host, state->config.addr.port, why)}
                .at(base::Stage::cache));
    };
    if (state->ending || !state->running) co_return unavailable("no connection");
    if (state->in_flight >= most_in_flight) co_return unavailable("too many commands are waiting");
    auto exchange = std::make_shared<State::Exchange>();
    for (const auto& command : commands) add_to(exchange->request, command);
    exchange->request.get_config().cancel_if_not_connected = true;
    exchange->request.get_config().cancel_on_connection_lost = true;
    ++state->in_flight;
    state->connection->async_exec(exchange->request, exchange->response,
                                  [state, exchange](error_code error, std::size_t) {
                                      --state->in_flight;
                                      exchange->error = error;
                                      exchange->done = true;
                                      if (!exchange->left) exchange->signal.set();
                                  });
    async::Call waiting{call, call.worker().now() + timeout_};
    if (!exchange->done) co_await exchange->signal.wait(waiting);
    if (!exchange->done) {
        exchange->left = true;
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::cache));
        co_return base::fail(
            base::Error{base::Kind::timeout, "Redis did not answer within REDIS_TIMEOUT_MS"}.at(base::Stage::cache));
    }
    if (exchange->error) {
        // An error of Redis itself is an answer to the command it belongs to.
        if (exchange->response.has_error()) {
            Element element{.type = Element::Type::error, .text = exchange->response.error().diagnostic};
            co_return std::vector<Reply>{Reply{std::move(element)}};
        }
        co_return unavailable(exchange->error.message());
    }
    if (exchange->response.has_error()) {
        Element element{.type = Element::Type::error, .text = exchange->response.error().diagnostic};
        co_return std::vector<Reply>{Reply{std::move(element)}};
    }
    co_return split(exchange->response.value());
}

void Line::send(Command command) {
    if (state_->ending || !state_->running || state_->in_flight >= most_in_flight) return;
    auto exchange = std::make_shared<State::Exchange>();
    add_to(exchange->request, command);
    exchange->request.get_config().cancel_if_not_connected = true;
    ++state_->in_flight;
    state_->connection->async_exec(exchange->request, exchange->response,
                                   [state = state_, exchange](error_code, std::size_t) { --state->in_flight; });
}

}  // namespace net::redis
