core.register_service("hello", "http", function(applet)
    local body = "lua " .. applet.method .. "\n"
    applet:set_status(200)
    applet:add_header("content-length", #body)
    applet:start_response()
    applet:send(body)
end)
core.register_task(function() for _ = 1, 20 do core.msleep(20) end end)
