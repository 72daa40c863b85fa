# For test scripts to source: pages in a headless Chromium, driven over WebDriver.
#
#   need_browser [ARG...]   starts one (with further arguments for it), or skips the whole script;
#                           $WORK must be there, and the script's end ends it
#   browse FILE             opens a page from disk
#   js SCRIPT [ARG...]      runs the body of a function in the page; prints what it returns as JSON.
#                           ARGs are strings: arguments[0] ...
#   press CSS [N]           clicks, as a person does, on the (N-th, from 0) element
#   keys CSS TEXT           types into the element; \uE015 and the like are keys, see WebDriver
#   window WIDTH HEIGHT     of the page itself
#   screenshot FILE         the page as PNG
#   console                 what the page logged, and errors of its loading, one a line
# SPDX-License-Identifier: MIT

webdriver()
{
    curl -sS --noproxy '*' -X "$1" -H 'Content-Type: application/json' -d "${3-}" \
        "http://127.0.0.1:$browser_port$2" | jq -c .value
}

end_browser()
{
    [ -z "${browser-}" ] || webdriver DELETE "$browser" >/dev/null
    kill "$browser_pid"
    wait "$browser_pid"
} 2>/dev/null

# Its driver, on a port that it chooses, which it may find taken after all. False: none started.
start_driver()
{
    local tries
    : >"$WORK/chromedriver"
    chromedriver --port=0 >"$WORK/chromedriver" 2>&1 &
    browser_pid=$!
    for ((tries = 0; tries < 600; tries++)); do
        browser_port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' \
            "$WORK/chromedriver")
        [ -z "$browser_port" ] && kill -0 "$browser_pid" 2>/dev/null || break
        sleep 0.1
    done
    [ -n "$browser_port" ]
}

need_browser()
{
    local options
    command -v chromedriver >/dev/null && command -v chromium >/dev/null ||
        skip_all "Chromium is not installed (Debian's chromium-driver)"
    at_exit end_browser
    start_driver || start_driver || start_driver || {
        comment <"$WORK/chromedriver"
        skip_all "Chromium's driver does not start here"
    }
    options=$(jq -nc --arg profile "--user-data-dir=$WORK/profile" '$ARGS.positional +
        ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", $profile] | {browserName: "chrome",
        "goog:chromeOptions": {args: .}, "goog:loggingPrefs": {browser: "ALL"}} |
        {capabilities: {alwaysMatch: .}}' --args -- "$@")
    browser=/session/$(webdriver POST /session "$options" | jq -r .sessionId)
    [[ $browser != */null ]] || skip_all "Chromium does not start here"
}

browse()
{
    webdriver POST "$browser/url" "$(jq -nc --arg url "file://$1" '{$url}')" >/dev/null
}

js()
{
    webdriver POST "$browser/execute/sync" \
        "$(jq -nc --arg script "$1" '{$script, args: $ARGS.positional}' --args -- "${@:2}")"
}

element_of()
{
    webdriver POST "$browser/elements" \
        "$(jq -nc --arg value "$1" '{using: "css selector", $value}')" |
        jq -r --argjson n "${2-0}" '.[$n][]'
}

press()
{
    webdriver POST "$browser/element/$(element_of "$@")/click" '{}' | jq -r '.message? // empty'
}

keys()
{
    webdriver POST "$browser/element/$(element_of "$1")/value" \
        "$(jq -nc --arg text "$(printf %b "$2")" '{$text}')" | jq -r '.message? // empty'
}

window()
{
    local now
    webdriver POST "$browser/window/rect" "{\"width\":$1,\"height\":$2}" >/dev/null
    now=$(js 'return [2 * arguments[0] - innerWidth, 2 * arguments[1] - innerHeight]' "$1" "$2")
    webdriver POST "$browser/window/rect" \
        "$(jq -c '{width: .[0], height: .[1]}' <<<"$now")" >/dev/null
}

screenshot()
{
    webdriver GET "$browser/screenshot" | jq -r . | base64 -d >"$1"
}

console()
{
    webdriver POST "$browser/se/log" '{"type":"browser"}' | jq -r '.[].message'
}
