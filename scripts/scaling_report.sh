#!/usr/bin/env bash
# Makes a scaling report: scaling_report_DATE.html in the folder REPORT_DIR (default: /tmp).
#
#   scripts/scaling_report.sh [options of `snowflake-mcp report`]
#
# Without a source it reads the metrics of the server on this machine. SCALING_REPORT_EMAIL=who@where[,…] sends it through
# SMTP_URL. SNOWFLAKE_MCP names the program, else the one in PATH or of this repository is taken. Exit codes: those of
# `snowflake-mcp report --help`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

case ${1-} in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac

program=${SNOWFLAKE_MCP-}
[[ -n $program ]] || program=$(command -v snowflake-mcp) || program=$root/build/release/snowflake-mcp
[[ -x $program ]] || { echo "scaling_report: no $program: build it (./run build) or set SNOWFLAKE_MCP" >&2; exit 2; }

file=${REPORT_DIR:-/tmp}/scaling_report_$(date +%Y-%m-%d).html
mail=()
[[ -z ${SCALING_REPORT_EMAIL-} ]] || mail=(--mail-to "$SCALING_REPORT_EMAIL")
exec "$program" report --output "$file" "${mail[@]}" "$@"
