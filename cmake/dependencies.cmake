# The libraries: Debian's where Debian 12 has a fitting one, else what scripts/deps put under third_party/.downloads.

set(HOUSE_DOWNLOADS ${CMAKE_SOURCE_DIR}/third_party/.downloads CACHE PATH "Where scripts/deps puts what it fetches")

# Boost, headers only, 1.86 or newer. Debian 12 has 1.74 and 1.81: never those.
function(house_boost_version header result)
    set(version 0)
    if(EXISTS ${header})
        file(STRINGS ${header} line REGEX "#define BOOST_VERSION [0-9]+")
        string(REGEX REPLACE ".*BOOST_VERSION ([0-9]+).*" "\\1" version "${line}")
    endif()
    set(${result} ${version} PARENT_SCOPE)
endfunction()

set(HOUSE_BOOST_INCLUDE "")
foreach(candidate IN ITEMS /usr/include ${HOUSE_DOWNLOADS}/boost/include)
    house_boost_version(${candidate}/boost/version.hpp boost_version)
    if(NOT HOUSE_BOOST_INCLUDE AND boost_version GREATER_EQUAL 108600)
        set(HOUSE_BOOST_INCLUDE ${candidate})
    endif()
endforeach()
if(NOT HOUSE_BOOST_INCLUDE)
    message(FATAL_ERROR "No Boost 1.86 or newer: run scripts/deps build first.")
endif()

find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(libcurl REQUIRED libcurl)  # its headers; loaded at run time (capacity/report/mail.cpp)

# DuckDB: the header only. The library is loaded at run time, and only when the embedded backend is used. A DuckDB of
# the system is preferred.
if(EXISTS /usr/include/duckdb.h)
    set(HOUSE_DUCKDB_INCLUDE /usr/include)
else()
    set(HOUSE_DUCKDB_INCLUDE ${HOUSE_DOWNLOADS}/duckdb/include)
endif()
set(HOUSE_DUCKDB_LIBRARY ${HOUSE_DOWNLOADS}/duckdb/lib/libduckdb.so)
set(HOUSE_SAMPLE_DATA ${HOUSE_DOWNLOADS}/vega-datasets)

find_package(GTest QUIET)
find_package(benchmark QUIET)
