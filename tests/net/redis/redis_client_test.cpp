// Against real Redis servers: plain, with TLS, killed, hanging, a cluster of three.
#include "net/redis/redis_client.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "async/task_group.hpp"
#include "net/redis/pattern.hpp"
#include "net/redis/redis_process.hpp"

namespace {

using namespace std::chrono_literals;
using net::redis::Element;
using net::redis::Line;
using net::redis::RedisClient;
using net::redis::Reply;
using net::redis::Settings;
using net_redis_test::RedisProcess;

/// A client on a worker of its own thread.
class Room {
public:
    explicit Room(Settings settings, Line::Told told = {}) {
        workers_.start();
        on_worker([&] { client_ = std::make_unique<RedisClient>(workers_[0], settings, told); });
    }
    ~Room() {
        on_worker([&] { client_->stop(); });
        for (int i = 0; i < 500; ++i) {
            bool stopped = false;
            on_worker([&] { stopped = client_->stopped(); });
            if (stopped) break;
            std::this_thread::sleep_for(2ms);
        }
        tasks_.stop(async::StopReason::drain);
        tasks_.join(5s);
        on_worker([&] { client_.reset(); });
        workers_.stop_and_join();
    }

    base::Result<Reply> run(std::string key, Line::Command command) {
        std::promise<base::Result<Reply>> done;
        tasks_.spawn(
            workers_[0],
            {.request_id = "1", .principal = std::make_shared<base::Principal>(), .deadline = base::Clock::now() + 10s},
            [&](async::Call& call) { return ask(client_.get(), call, key, command, &done); });
        return done.get_future().get();
    }
    /// Until Redis answers: it takes a moment to connect.
    base::Result<Reply> patiently(const std::string& key, const Line::Command& command) {
        auto got = run(key, command);
        for (int i = 0; i < 400 && !got; ++i) {
            std::this_thread::sleep_for(10ms);
            got = run(key, command);
        }
        return got;
    }
    /// Whether each node did `command`, and how many there were.
    std::pair<bool, int> everywhere(Line::Command command) {
        std::promise<bool> done;
        int nodes = 0;
        tasks_.spawn(
            workers_[0],
            {.request_id = "1", .principal = std::make_shared<base::Principal>(), .deadline = base::Clock::now() + 10s},
            [&](async::Call& call) { return ask_all(client_.get(), call, command, &nodes, &done); });
        const bool whole = done.get_future().get();
        return {whole, nodes};
    }
    RedisClient::Figures figures() {
        RedisClient::Figures figures;
        on_worker([&] { figures = client_->figures(); });
        return figures;
    }

private:
    static async::Task<void> ask(RedisClient* client, async::Call& call, std::string key, Line::Command command,
                                 std::promise<base::Result<Reply>>* done) {
        done->set_value(co_await client->run(call, std::move(key), std::move(command)));
    }
    static async::Task<void> ask_all(RedisClient* client, async::Call& call, Line::Command command, int* nodes,
                                     std::promise<bool>* done) {
        done->set_value(co_await client->run_everywhere(
            call, [command, nodes](async::Call& own, Line& line) { return on_line(own, line, command, nodes); }));
    }
    static async::Task<bool> on_line(async::Call& call, Line& line, Line::Command command, int* nodes) {
        ++*nodes;
        co_return (co_await line.run(call, {std::move(command)})).has_value();
    }
    void on_worker(const std::function<void()>& task) {
        std::promise<void> done;
        workers_[0].post([&] {
            task();
            done.set_value();
        });
        done.get_future().get();
    }

    async::Workers workers_{1};
    async::TaskGroup tasks_;
    std::unique_ptr<RedisClient> client_;
};

Settings at(int port) {
    Settings settings;
    settings.port = port;
    settings.timeout_ms = 500;
    return settings;
}

TEST(RedisClient, sets_and_gets) {
    RedisProcess redis;
    Room room{at(redis.port())};
    const auto set = room.patiently("k", {"SET", "k", std::string("a\0b\r\n", 5), "PX", "60000"});
    ASSERT_TRUE(set) << set.error().message();
    EXPECT_EQ(set->front().text, "OK");
    EXPECT_EQ(room.run("k", {"GET", "k"})->front().text, std::string("a\0b\r\n", 5));
    EXPECT_EQ(room.run("absent", {"GET", "absent"})->front().type, Element::Type::null);
    const auto wrong = room.run("k", {"LPUSH", "k", "x"});
    ASSERT_TRUE(wrong) << "an error of Redis is an answer";
    EXPECT_EQ(wrong->front().type, Element::Type::error);
    EXPECT_NE(wrong->front().text.find("WRONGTYPE"), std::string::npos);
    EXPECT_TRUE(room.run("k", {"GET", "k"})) << "and the connection goes on";
}

TEST(RedisClient, needs_the_password) {
    RedisProcess redis{{"--requirepass", "sesame"}};
    {
        auto settings = at(redis.port());
        settings.password = base::Secret{"sesame"};
        Room room{settings};
        EXPECT_TRUE(room.patiently("k", {"SET", "k", "v"}));
    }
    Room without{at(redis.port())};
    for (int i = 0; i < 10; ++i) {
        const auto got = without.run("k", {"GET", "k"});
        EXPECT_TRUE(!got || got->front().type == Element::Type::error);
        std::this_thread::sleep_for(10ms);
    }
}

TEST(RedisClient, a_dead_redis_costs_one_wait_then_nothing_and_it_comes_back) {
    RedisProcess redis;
    Room room{at(redis.port())};
    ASSERT_TRUE(room.patiently("k", {"SET", "k", "v"}));
    redis.kill();
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(room.run("k", {"GET", "k"}));
    const auto before = base::Clock::now();
    for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(room.run("k", {"GET", "k"}));
    EXPECT_LT(base::Clock::now() - before, 2s);
    EXPECT_GT(room.figures().refused, 900U);
    redis.start();
    EXPECT_TRUE(room.patiently("k", {"SET", "k", "v"})) << "service came back";
}

TEST(RedisClient, a_redis_that_hangs_costs_the_timeout) {
    RedisProcess redis;
    auto settings = at(redis.port());
    settings.timeout_ms = 50;
    Room room{settings};
    ASSERT_TRUE(room.patiently("k", {"SET", "k", "v"}));
    redis.pause();
    const auto got = room.run("k", {"GET", "k"});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind(), base::Kind::timeout);
    redis.resume();
    EXPECT_TRUE(room.patiently("k", {"GET", "k"}));
}

TEST(RedisClient, nobody_listens) {
    Room room{at(net_redis_test::free_port())};
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(room.run("k", {"GET", "k"}));
}

TEST(RedisClient, speaks_tls_and_checks_the_certificate) {
    const std::string folder = testing::TempDir() + "redis-tls-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder);
    const auto file = [&](const char* name) { return folder + "/" + name; };
    std::ofstream{file("san")} << "subjectAltName=IP:127.0.0.1,DNS:localhost\n";
    ASSERT_EQ(
        net_redis_test::run_program({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                                     "/CN=test authority", "-keyout", file("ca.key"), "-out", file("ca.pem")}),
        0);
    ASSERT_EQ(net_redis_test::run_program({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=redis",
                                           "-keyout", file("key.pem"), "-out", file("csr.pem")}),
              0);
    ASSERT_EQ(net_redis_test::run_program({"openssl", "x509", "-req", "-in", file("csr.pem"), "-CA", file("ca.pem"),
                                           "-CAkey", file("ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
                                           file("san"), "-out", file("cert.pem")}),
              0);
    const int tls_port = net_redis_test::free_port();
    RedisProcess redis{{"--tls-port", std::to_string(tls_port), "--tls-cert-file", file("cert.pem"), "--tls-key-file",
                        file("key.pem"), "--tls-ca-cert-file", file("ca.pem"), "--tls-auth-clients", "no"}};
    auto settings = at(tls_port);
    settings.ssl = true;
    settings.ca_file = file("ca.pem");
    {
        Room room{settings};
        EXPECT_TRUE(room.patiently("k", {"SET", "k", "v"}));
        redis.kill();
        EXPECT_FALSE(room.run("k", {"GET", "k"}));
        redis.start();
        EXPECT_TRUE(room.patiently("k", {"GET", "k"})) << "a lost connection comes back";
    }
    settings.ca_file.clear();
    {
        Room room{settings};
        for (int i = 0; i < 20; ++i) {
            EXPECT_FALSE(room.run("k", {"GET", "k"})) << "the system does not know that authority";
            std::this_thread::sleep_for(10ms);
        }
    }
    std::filesystem::remove_all(folder);
}

TEST(RedisClient, sends_commands_of_one_word) {
    const RedisProcess redis;
    Room room{at(redis.port())};
    const auto said = room.patiently("k", {"PING"});
    ASSERT_TRUE(said);
    ASSERT_EQ(said->size(), 1u);
    EXPECT_EQ(said->front().text, "PONG");
}

TEST(RedisClient, asks_everywhere_there_are_keys_or_says_that_it_could_not) {
    RedisProcess redis;
    Room room{at(redis.port())};
    ASSERT_TRUE(room.patiently("k", {"SET", "k", "v"}));
    EXPECT_EQ(room.everywhere({"DBSIZE"}), (std::pair{true, 1}));
    redis.kill();
    EXPECT_FALSE(room.everywhere({"DBSIZE"}).first);
}

TEST(RedisPattern, means_exactly_its_text) {
    RedisProcess redis;
    Room room{at(redis.port())};
    const std::string odd = R"(a*b?c[d]e\f^g-h)";
    ASSERT_TRUE(room.patiently("k", {"SET", odd, "1"}));
    ASSERT_TRUE(room.run("k", {"SET", R"(aXbYcde\f^g-h)", "2"}));
    const auto found = room.run("k", {"KEYS", net::redis::escape_pattern(odd)});
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2u);
    EXPECT_EQ((*found)[1].text, odd);
    EXPECT_EQ(net::redis::escape_pattern("snowflake_mcp"), "snowflake_mcp");
}

TEST(RedisClient, finds_its_way_in_a_cluster_and_survives_the_loss_of_a_node) {
    const std::vector<std::string> options{"--cluster-enabled",      "yes", "--cluster-require-full-coverage", "no",
                                           "--cluster-node-timeout", "1000"};
    std::vector<std::unique_ptr<RedisProcess>> nodes;
    std::vector<std::string> create{"redis-cli", "--cluster", "create"};
    for (int i = 0; i < 3; ++i) {
        // The bus' port is ten thousand above.
        int port = net_redis_test::free_port();
        while (port > 50'000) port = net_redis_test::free_port();
        nodes.push_back(std::make_unique<RedisProcess>(options, port));
        create.push_back("127.0.0.1:" + std::to_string(port));
    }
    create.insert(create.end(), {"--cluster-replicas", "0", "--cluster-yes"});
    ASSERT_EQ(net_redis_test::run_program(create), 0);
    Room room{at(nodes[0]->port())};
    for (int i = 0; i < 60; ++i) {
        const auto key = "key:" + std::to_string(i);
        const auto set = room.patiently(key, {"SET", key, std::to_string(i)});
        ASSERT_TRUE(set);
        ASSERT_EQ(set->front().text, "OK") << key;
    }
    EXPECT_EQ(room.figures().nodes, 3U);
    for (int i = 0; i < 60; ++i) {
        const auto key = "key:" + std::to_string(i);
        EXPECT_EQ(room.patiently(key, {"GET", key})->front().text, std::to_string(i));
    }
    {
        Room fresh{at(nodes[1]->port())};  // asked for no key yet, so it knows of no cluster
        ASSERT_TRUE(fresh.patiently("ping", {"PING"}));
        EXPECT_EQ(fresh.everywhere({"DBSIZE"}), (std::pair{true, 3}));
    }
    nodes[2]->kill();
    int found = 0;
    for (int i = 0; i < 60; ++i) {
        const auto key = "key:" + std::to_string(i);
        auto got = room.run(key, {"GET", key});
        for (int again = 0; again < 30 && !got; ++again) {
            std::this_thread::sleep_for(100ms);
            got = room.run(key, {"GET", key});
            if (net::redis::slot_of(key) > 10'922) break;  // the lost node's
        }
        found += got && got->front().text == std::to_string(i) ? 1 : 0;
    }
    EXPECT_GE(found, 30) << "what the others hold is there";
}

}  // namespace
