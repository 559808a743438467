// The compiled part of Boost.Redis.
#include <boost/redis/src.hpp>
