#!/bin/bash
# ImageMagick with OpenMP: synthesis, filters, text, common formats, pixel caches in memory, maps and on disk, errors.
# packages: imagemagick fonts-dejavu-core
# program: convert-im6.q16
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

export rounds
rounds=$(amount 1 4 50)
drive <<'END'
export MAGICK_TMPDIR=$PWD OMP_NUM_THREADS=2
convert=convert-im6.q16

for ((round = 0; round < rounds; round++)); do
    $convert -size 240x180 -seed 1 plasma:red-blue image.png
    $convert image.png -resize 50% -blur 0x3 -rotate 17 image.jpg
    $convert image.png -quality 60 image.webp; $convert image.png -compress lzw image.tiff
    $convert image.png image.jpg -delay 10 -loop 0 animated.gif
    $convert animated.gif -coalesce -layers optimize small.gif
    $convert image.png -define png:compression-level=9 -colors 16 few.png
    $convert few.png -unique-colors -format %w info:
    $convert -size 300x100 gradient:white-black -sepia-tone 80% image.bmp
    $convert image.png -resize 200x ppm:- | $convert ppm:- -negate -flop miff:- |
        $convert miff:- -threshold 50% -type bilevel image.pbm
    $convert image.png -resize 64x64 -define icon:auto-resize=16,32 image.ico; $convert image.png image.jp2
    $convert image.png -resize 100x image.psd; $convert image.png -resize 100x image.xpm
    $convert image.psd -format '%m %w' info:
    $convert image.png -crop 60x60 +repage tile%02d.png; [ -s tile11.png ]
    $convert tile0?.png -append -distort SRT 30 -morphology dilate disk:2 -canny 0x1 joined.png
    $convert -size 200x50 -font /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf -pointsize 20 label:words words.png
    [ -s words.png ]
    $convert image.png -resize 100x -fx 'u*0.5+0.1' -colorspace HSL -separate channel%d.png; [ -s channel2.png ]
    $convert -limit memory 64KiB -limit map 128KiB -limit disk 300MiB \
        image.png -crop 100x60+0+0 +repage -resize 120% disk.png
    $convert -limit memory 64KiB -limit map 300MiB -size 200x200 xc:red -resize 50% mapped.png
    $convert -limit thread 1 image.png -resize 40% -sharpen 0x2 -monitor image.mpc 2>/dev/null
    $convert image.mpc -format '%w %h' info:
    montage-im6.q16 image.png image.jpg image.webp -geometry 100x100+2+2 montage.png
    identify-im6.q16 -verbose montage.png | grep -c Geometry
    identify-im6.q16 -format '%m %w %h\n' image.* | sort
    compare-im6.q16 -metric RMSE image.png image.png null: 2>&1; echo
    fails_with 1 compare-im6.q16 -metric AE image.png tile00.png null:
    composite-im6.q16 image.jpg image.png -blend 50 both.png; mogrify-im6.q16 -flip -strip both.png
    stream-im6.q16 -map rgb -storage-type char -extract 100x100+10+10 image.png pixels; wc -c <pixels
    $convert -size 100x100 -depth 8 rgb:pixels -format '%w\n' info:; $convert -list format >formats
    $convert -list resource >resources
    $convert -size 50x50 gradient:white-black -format '%#\n' info:

    fails_with 1 $convert none.png none.jpg
    head -c 3000 image.png >broken.png; fails_with 1 $convert broken.png none.jpg
    fails_with 1 $convert -limit width 10 image.png none.jpg
    fails_with 1 $convert image.png /none/image.png
done
END
