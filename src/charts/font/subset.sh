#!/bin/sh
# Rebuilds noto-sans-jp.ttf: the glyphs of Noto Sans JP that our Japanese charts need, and both kana, so that service
# names in katakana can be drawn too. Run it if a test reports a Japanese message with a character without glyph. It needs
# fontTools and brotli (pip install fonttools brotli) and the complete font from the npm package
# @fontsource/noto-sans-jp 5.3.0:
#
#   npm pack @fontsource/noto-sans-jp@5.3.0 && tar xzf fontsource-noto-sans-jp-5.3.0.tgz
#   src/charts/font/subset.sh package/files/noto-sans-jp-japanese-400-normal.woff2
set -eu
here=$(dirname "$0")
words="$here/../../i18n/ja"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
fonttools ttLib.woff2 decompress -o "$work/whole.ttf" "$1"
{
  grep -hv '^#' "$words/charts.ftl" "$words/time.ftl"
  grep -hE '^(level|state|from|list)-' "$words/health.ftl"
  grep -hE '^window-' "$words/replies.ftl"
  printf '、。・「」『』（）〜：％々'
} >"$work/words.txt"
# U+3041..3096 hiragana, U+30A1..30FC katakana. Latin letters and digits come from Noto Sans.
pyftsubset "$work/whole.ttf" --text-file="$work/words.txt" --unicodes=3041-3096,30A1-30FC \
  --output-file="$here/noto-sans-jp.ttf" \
  --no-hinting --no-glyph-names --layout-features='' --name-IDs=0,13,14 \
  --drop-tables+=GSUB,GPOS,GDEF,BASE,VORG,vhea,vmtx,STAT,gasp,meta
