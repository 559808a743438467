#!/usr/bin/env bash
# Measures how much a running server carries, in steps of concurrent clients: a thin caller of `snowflake-mcp bench`.
#
#   scripts/benchmark_scaling.sh [options of snowflake-mcp bench]
#
# Environment, with defaults:
#   TARGET              http://localhost:8000/mcp
#   CONCURRENT_CLIENTS  "1 5 10 25 50 100"
#   TEST_DURATION       300   seconds a step
#   RESULTS_FILE        /tmp/scaling_benchmark_<date>_<time>.csv; the whole result stands beside it as .json, for
#                       `snowflake-mcp plan --bench` and `snowflake-mcp report`
#   SNOWFLAKE_MCP       the program; else this clone's build, else PATH
# Exit codes are those of `snowflake-mcp bench --help`; 127: no program was found.
set -euo pipefail
case ${1-} in -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac

TARGET=${TARGET:-http://localhost:8000/mcp}
CONCURRENT_CLIENTS=${CONCURRENT_CLIENTS:-1 5 10 25 50 100}
TEST_DURATION=${TEST_DURATION:-300}
RESULTS_FILE=${RESULTS_FILE:-/tmp/scaling_benchmark_$(date +%Y%m%d_%H%M%S).csv}

program=${SNOWFLAKE_MCP:-$(dirname "${BASH_SOURCE[0]}")/../build/release/snowflake-mcp}
if [[ -z ${SNOWFLAKE_MCP:-} && ! -x $program ]]; then
    program=$(command -v snowflake-mcp) || {
        echo "benchmark_scaling.sh: snowflake-mcp is not built: run scripts/build release snowflake-mcp, or name the program in SNOWFLAKE_MCP" >&2
        exit 127
    }
fi

read -ra clients <<<"${CONCURRENT_CLIENTS//,/ }"
ladder=$(IFS=,; echo "${clients[*]}")
echo "🔍 Measuring $TARGET with $ladder clients, $TEST_DURATION s each" >&2
status=0
"$program" bench "$TARGET" --clients "$ladder" --duration "${TEST_DURATION%s}s" --csv "$RESULTS_FILE" \
    --json "${RESULTS_FILE%.csv}.json" "$@" || status=$?
if [[ -f $RESULTS_FILE ]]; then
    echo "Results: $RESULTS_FILE, ${RESULTS_FILE%.csv}.json" >&2
fi
exit "$status"
