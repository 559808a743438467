// Clocks that jump: no kept answer lives longer than its time by more than `ResultCache::most_apart`.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "async/manual_worker.hpp"
#include "async/task_group.hpp"
#include "query/cache/result_cache.hpp"

namespace {

using namespace std::chrono_literals;
using namespace query::cache;

/// Keeps whatever it is given for ever: only the times inside the entries count.
class Shelf final : public SharedStore {
public:
    async::Task<std::optional<std::string>> get(async::Call&, const Key& key) override {
        const auto found = bytes.find(key.whole);
        if (found == bytes.end()) co_return std::nullopt;
        co_return found->second;
    }
    void put(const Key& key, std::string value, std::chrono::milliseconds) override { bytes[key.whole] = value; }
    void clear(Cleared done) override {
        bytes.clear();
        if (done) done(true);
    }
    void write_status(base::JsonWriter& json) const override { json.null(); }
    void stop() override {}
    bool join(std::chrono::milliseconds) override { return true; }
    std::map<std::string, std::string> bytes;
};

class CacheClock : public testing::Test {
protected:
    CacheClock() {
        auto shelf = std::make_unique<Shelf>();
        Settings settings;
        settings.type = "file";
        cache_ = std::make_unique<ResultCache>(settings, ResultCache::Parts{.metrics = metrics_,
                                                                            .sealer = sealer_,
                                                                            .shared = std::move(shelf),
                                                                            .wall_now = [this] { return wall_; }});
    }

    /// Both clocks go on.
    void pass(std::chrono::seconds time) {
        worker_.pass(std::chrono::duration_cast<std::chrono::milliseconds>(time));
        wall_ += time;
    }
    void keep() {
        query::Rendered rendered;
        rendered.content = base::Payload::own("[]");
        cache_->keep(key_, rendered, worker_.now(), ttl);
        kept_ = worker_.now();
    }
    /// In memory, else in the store, as the pipeline looks.
    bool is_there() {
        if (cache_->find(key_, worker_.now())) return true;
        std::optional<bool> found;
        calls_.spawn(*worker_, worker_.parts(1h), [&](async::Call& call) { return look(call, &found); });
        while (!found) worker_.settle();
        return *found;
    }
    async::Task<void> look(async::Call& call, std::optional<bool>* found) {
        const auto looked = co_await cache_->find_shared(call, key_);
        *found = looked.hit.has_value();
    }
    std::chrono::nanoseconds age() { return worker_.now() - kept_; }

    static constexpr std::chrono::seconds ttl{300};
    async_test::ManualWorker worker_;
    async::TaskGroup calls_;
    base::WallTime wall_ = base::WallTime{} + 100'000h;
    base::TokenSealer sealer_ = base::TokenSealer::with_random_key();
    base::Metrics metrics_;
    std::unique_ptr<ResultCache> cache_;
    backend::Context context_;
    Key key_ = make_key({.text = "SELECT 1", .context = context_});
    base::TimePoint kept_;
};

TEST_F(CacheClock, that_goes_right_ends_an_answer_in_time) {
    keep();
    pass(299s);
    EXPECT_TRUE(is_there());
    pass(1s);
    EXPECT_FALSE(is_there());
}

TEST_F(CacheClock, that_is_set_back_gives_no_answer_a_second_life) {
    keep();
    pass(200s);
    wall_ -= 200s;
    EXPECT_TRUE(is_there()) << "memory goes by the steady clock";
    pass(100s);
    EXPECT_FALSE(is_there()) << "by the wall clock it is 100 s old";
    pass(150s);
    EXPECT_FALSE(is_there());
}

TEST_F(CacheClock, that_is_set_back_is_trusted_again_when_it_has_caught_up) {
    keep();
    wall_ -= 1h;
    pass(310s);
    EXPECT_FALSE(is_there());
    pass(1h);
    keep();
    ASSERT_TRUE(is_there());
    pass(299s);
    EXPECT_TRUE(is_there());
    pass(1s);
    EXPECT_FALSE(is_there());
}

TEST_F(CacheClock, that_is_set_ahead_ends_an_answer_early_at_most) {
    keep();
    wall_ += 1h;
    pass(300s);
    EXPECT_FALSE(is_there());
    keep();
    wall_ -= 1h;  // and right again
    pass(301s);
    EXPECT_FALSE(is_there()) << "it seems to come from the future";
    keep();
    pass(299s);
    EXPECT_TRUE(is_there());
    pass(1s);
    EXPECT_FALSE(is_there());
}

TEST_F(CacheClock, whatever_it_does_no_answer_outlives_its_time_by_more_than_said) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::mt19937 random{seed};
        const auto upto = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most + 1)); };
        keep();
        for (int step = 0; step < 40; ++step) {
            if (upto(3) == 0) wall_ += std::chrono::seconds{upto(1) == 0 ? upto(1'200) - 600 : upto(12) - 6};
            pass(std::chrono::seconds{upto(60)});
            if (is_there()) EXPECT_LE(age(), ttl + ResultCache::most_apart) << "seed " << seed << ", step " << step;
            if (upto(9) == 0) keep();
        }
    }
}

}  // namespace
