-- What of lua reaches the system: lua.lua TIMES, in an empty directory.
local times = tonumber(arg[1])

local numbers = {}
for i = 1, 100000 do
    numbers[i] = tostring(i * 7919 % 100003)
end
table.sort(numbers)
collectgarbage('generational')
collectgarbage('collect')
print(numbers[1], #numbers)

for i = 1, times do
    for _, way in ipairs { 'full', 'line', 'no' } do
        local file = assert(io.open('lines', 'w'))
        file:setvbuf(way, 4096)
        for line = 1, way == 'no' and 100 or 2000 do
            file:write(numbers[line], '\n')
        end
        file:close()
    end
    local count = 0
    for line in io.lines('lines') do
        count = count + #line
    end
    local file = assert(io.open('lines', 'r+b'))
    file:seek('end')
    file:write('end', 1, 2.5)
    file:flush()
    file:seek('set', 2)
    print(count, #file:read('a'), file:seek('cur'))
    file:close()
    assert(os.rename('lines', 'renamed') and os.remove('renamed'))

    local temporary = io.tmpfile()
    temporary:write(string.rep('x', 100000))
    temporary:seek('set')
    print(#temporary:read('a'))
    temporary:close()
    local pipe = io.popen('echo output; exit 3')
    print(pipe:read('l'), pipe:close())
    pipe = io.popen('cat >piped', 'w')
    pipe:write(string.rep('y', 70000))
    print(pipe:close())
    print(os.execute('exit 4'))
    print(os.execute('kill -9 $$'))
    print(io.open('piped'):seek('end'))
end

print(io.open('none/none'))
print(os.remove('none'))
print(select(2, pcall(require, 'none')) ~= nil, package.loadlib('./none.so', '*'))
print(os.setlocale('C'), os.date('!%F', 0), os.getenv('NONE'), os.execute())
print(os.clock() > 0, os.difftime(os.time(), 0) > 0)
os.remove(os.tmpname())
local wrapped = coroutine.wrap(function()
    for i = 1, 1000 do
        coroutine.yield(i)
    end
end)
local total = 0
for _ = 1, 1000 do
    total = total + wrapped()
end
local text, replaced = string.rep('x', 1000000):gsub('x', 'yy')
print(total, #text, replaced)
do
    local closed <close> = setmetatable({}, { __close = function() print('end') end })
end
os.exit(true, true)
