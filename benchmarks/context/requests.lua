-- About 200 requests a second from eight connections, each after a pause of 20 to 60 ms.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"model":"m","messages":[{"role":"user","content":"Say hello to everyone who is here today."}],"max_tokens":16}'
function delay() return math.random(20, 60) end
