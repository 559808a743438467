#include "async/yield.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace async {

Task<void> yield(Worker& worker) {
    co_await boost::asio::post(worker.executor(), boost::asio::use_awaitable_t<Executor>{});
}

}  // namespace async
