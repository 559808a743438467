#include "query/cache/file_store.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "async/manual_worker.hpp"

namespace {

using namespace std::chrono_literals;
using query::cache::FileStore;
using query::cache::Key;
namespace fs = std::filesystem;

Key key(std::string_view text) {
    const backend::Context context;
    return query::cache::make_key({.text = text, .context = context});
}

class FileStoreTest : public testing::Test {
protected:
    FileStoreTest() {
        std::string name = (fs::temp_directory_path() / "file-store-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~FileStoreTest() override { fs::remove_all(folder_); }

    std::unique_ptr<FileStore> open() {
        auto store = FileStore::open(folder_, 16 << 20, [this] { return now_; });
        EXPECT_TRUE(store) << store.error().message();
        return std::move(*store);
    }
    std::optional<std::string> get(FileStore& store, std::string_view text) {
        async::Call call{*worker_, worker_.parts(1h)};
        bool done = false;
        std::optional<std::string> got;
        worker_.start(ask(&store, &call, key(text), &got, &done));
        while (!done) {
            std::this_thread::yield();
            worker_.settle();
        }
        return got;
    }
    static async::Task<void> ask(FileStore* store, async::Call* call, Key key, std::optional<std::string>* got,
                                 bool* done) {
        *got = co_await store->get(*call, key);
        *done = true;
    }

    fs::path folder_;
    base::WallTime now_{1'000h};
    async_test::ManualWorker worker_;
};

TEST_F(FileStoreTest, keeps_over_a_restart_until_its_time) {
    {
        const auto store = open();
        store->put(key("a"), "bytes", 10s);
        EXPECT_TRUE(store->join(10s));
    }
    const auto store = open();
    EXPECT_EQ(get(*store, "a"), "bytes");
    EXPECT_EQ(get(*store, "b"), std::nullopt);
    now_ += 10s;
    EXPECT_EQ(get(*store, "a"), std::nullopt);
}

TEST_F(FileStoreTest, is_emptied) {
    const auto store = open();
    store->put(key("a"), "bytes", 10s);
    store->clear({});
    EXPECT_TRUE(store->join(10s));
    EXPECT_EQ(get(*store, "a"), std::nullopt);
}

TEST_F(FileStoreTest, what_is_too_large_is_not_taken) {
    const auto store = open();
    store->put(key("a"), std::string(8 << 20, 'x'), 10s);
    EXPECT_TRUE(store->join(10s));
    EXPECT_EQ(get(*store, "a"), std::nullopt);
    store->put(key("b"), "small", 10s);
    EXPECT_TRUE(store->join(10s));
    EXPECT_EQ(get(*store, "b"), "small");
}

TEST_F(FileStoreTest, says_how_it_is) {
    const auto store = open();
    store->put(key("a"), "bytes", 10s);
    EXPECT_TRUE(store->join(10s));
    std::string json;
    base::JsonWriter writer{json};
    store->write_status(writer);
    EXPECT_NE(json.find(R"("kind":"file","entries":1)"), std::string::npos) << json;
}

}  // namespace
