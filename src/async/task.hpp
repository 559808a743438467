/// `Task<T>`: a coroutine on a worker's loop. The one header that brings Asio's awaitable (0.1 s a file); `asio.hpp`
/// nowhere.
///
/// Rules (DESIGN.md section 4): a task never leaves its worker; cancellation is a value (`throw_if_cancelled(false)` is
/// set by `TaskGroup::spawn`); parameters are values or objects that the `Call` owns; no capturing lambda is a
/// coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace async {

using IoContext = boost::asio::io_context;
using Executor = IoContext::executor_type;

template <class T>
using Task = boost::asio::awaitable<T, Executor>;

}  // namespace async
