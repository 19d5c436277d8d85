#!/bin/bash
# ffmpeg: x264, VP9, AAC, Opus, FLAC and more in threads; filters, segments, images, streams over TCP and UDP, signals.
# packages: ffmpeg
# program: ffmpeg
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

export seconds part port udp_port
seconds=$(amount 1 4 60)
part=$((seconds / 2 + 1))
take_ports port udp_port
drive <<'END'
convert() { ffmpeg -nostdin -v error -y -threads 2 "$@"; }

convert -f lavfi -i "testsrc=s=320x240:d=$seconds:r=25" -f lavfi -i "sine=d=$seconds" \
    -c:v libx264 -preset veryfast -c:a aac -movflags +faststart film.mp4
convert -i film.mp4 -t "$part" -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -row-mt 1 -c:a libopus film.webm \
    -vf 'scale=160:-2,drawbox,format=gray' -c:v mjpeg -c:a libmp3lame film.mkv -c:a flac film.flac \
    -vf fps=5 'frame%02d.png'
convert -filter_threads 2 -filter_complex_threads 2 -i film.mp4 \
    -c:v mpeg4 -vf gblur,unsharp,eq=contrast=2 film.avi \
    -t 0.4 -c:v libx265 -x265-params pools=2:log-level=error -preset ultrafast film265.mp4
convert -i film.mp4 -filter_complex '[0:v]split[a][b];[b]hflip[c];[a][c]hstack,fps=5,palettegen' palette.png
convert -i film.mp4 -c copy -f segment -segment_time 1 'segment%d.ts' \
    -c copy -f hls -hls_time 1 -hls_flags delete_segments list.m3u8 -c copy -f dash -seg_duration 1 film.mpd
convert -i list.m3u8 -c copy listed.ts -c:a pcm_s16le -af 'aresample=8000,volume=0.5,atempo=1.5' film.wav
convert -i 'concat:segment0.ts|segment0.ts' -c copy twice.ts
convert -framerate 5 -i 'frame%02d.png' -c:v ffv1 -level 3 -slices 4 frames.avi
for pass in 1 2; do
    convert -i film.mp4 -pass $pass -passlogfile pass -c:v libx264 -preset ultrafast -b:v 100k -an passed.mp4
done
convert -f lavfi -i mandelbrot=s=160x120 -frames:v 5 -c:v libwebp still.webp
convert -i film.mp4 -map 0 -c copy -progress progress -stats_period 0.1 -f tee '[f=mpegts]tee.ts|[f=null]-'
grep -q progress=end progress
cat film.mp4 | convert -i cache:pipe:0 -c copy -f matroska pipe:1 | convert -i pipe:0 -c copy piped.mkv
echo '1
00:00:00,000 --> 00:00:01,000
words' >words.srt && convert -i film.mp4 -i words.srt -c copy -c:s mov_text worded.mp4

convert -i "tcp://127.0.0.1:$port?listen=1&listen_timeout=20000" -c copy received.ts &
receiver=$!
trap 'kill "$receiver" 2>/dev/null || :' EXIT
until grep -q "$(printf ':%04X 00000000:0000 0A' "$port")" /proc/net/tcp; do sleep 0.05; done
convert -i film.mp4 -c copy -f mpegts "tcp://127.0.0.1:$port"
wait "$receiver"
convert -i film.mp4 -c copy -f mpegts "udp://127.0.0.1:$udp_port?pkt_size=1316"
ffmpeg -nostdin -v error -y -re -f lavfi -i testsrc=s=64x48 -c:v ffv1 -flush_packets 1 endless.mkv &
receiver=$!
until [ -s endless.mkv ]; do sleep 0.05; done
kill -INT "$receiver" 2>/dev/null && sleep 0.1 && kill -TERM "$receiver" 2>/dev/null || :
wait "$receiver" || [ $? = 255 ]

films=(film.mp4 film.mkv film.avi frames.avi received.ts listed.ts passed.mp4 worded.mp4 piped.mkv)
inputs=() outputs=()
for i in "${!films[@]}"; do
    inputs+=(-i "${films[i]}") outputs+=(-map "$i:v" -f framecrc "$i.crc")
done
convert "${inputs[@]}" "${outputs[@]}"; grep -vc '^#' ./?.crc
convert -bitexact -i frames.avi -f md5 -
ffprobe -v error -show_entries stream=codec_name,width -of csv -count_frames film.mp4
ffprobe -v error -show_streams -show_format film.webm >probe
ffprobe -v error -show_packets -of json film.flac >probe
fails_with 1 convert -i none.mp4 none.avi
fails_with 1 convert -i film.mp4 -c:v no_such_codec none.avi
fails_with 1 convert -i film.mp4 -c copy /none/film.ts
head -c 5000 film.mp4 >broken.mp4; fails_with 1 convert -i broken.mp4 none.avi
END
