#!/usr/bin/env bash
# Train every system with the same small budget, export each, color photographs with each, and make their table.
#
#   DATA=train/ EVAL=eval/ experiments/variants.sh [OPTION OF photochrom evaluate ...]
#
# DATA      sources to train on, separated by blanks (as for --data)
# EVAL      photographs to report on, never trained on
# MINUTES   of training for each system, the same for all; 6 unless said otherwise
# STEPS     instead of minutes: so many steps for each, which a busy machine cannot shorten and a kill cannot change
# START     a run that lite-full, lite-class and lite-l2 all start from; without it each begins with a fresh decoder
# OUT       where runs and files go; runs/variants unless said otherwise
# SYSTEMS   recipes, separated by blanks; every row of the table unless said otherwise
# PHOTOS    photographs to color with each, separated by blanks; some of examples/ unless said otherwise
#
# It may be stopped at any time: started again with the same words, it skips what is finished and goes on with the rest.
set -euo pipefail

: "${DATA:?name the photographs to train on: DATA=photographs/ $0}"
: "${EVAL:?name the photographs to report on: EVAL=eval/ $0}"
if [ -n "${STEPS:-}" ]; then budget=(--steps "$STEPS"); else budget=(--minutes "${MINUTES:-6}"); fi
OUT=${OUT:-runs/variants}
# eccv16-l2-ft starts from eccv16-full, which must come before it.
SYSTEMS=${SYSTEMS:-lite-full lite-class lite-l2 dahl16 larsson16 eccv16-full eccv16-class eccv16-l2 eccv16-l2-ft}
PHOTOS=${PHOTOS:-examples/cat.jpg examples/coffee.jpg examples/dahlia.jpg examples/pagoda.jpg}
PHOTOCHROM=${PHOTOCHROM:-photochrom}

read -r -a data <<<"$DATA"
read -r -a photos <<<"$PHOTOS"

# What a family needs besides its own settings to learn something in minutes; why, see experiments/README.md.
settings_of() {
    case $1 in
    eccv16-*) echo crop=64 final_crop=96 final_share=0.25 smallest_region=0.35 final_region=0.5 batch=8 \
        optimizer=adamw weight_decay=0.02 loss_per=pixel schedule=cosine rate=3e-4 warmup_steps=20 \
        norm_momentum=0.1 ema=0.99 precision=bf16-mixed ;;
    *) echo crop=128 final_crop=192 batch=16 warmup_steps=50 ema=0.99 ;;
    esac
}

mkdir -p "$OUT"
for recipe in $SYSTEMS; do
    run=$OUT/$recipe
    words=(--out "$run" "${budget[@]}")
    for source in "${data[@]}"; do words+=(--data "$source"); done
    for setting in $(settings_of "$recipe"); do words+=(--set "$setting"); done
    if [ -n "${START:-}" ] && [[ $recipe = lite-* ]]; then words+=(--start "$START"); fi
    if [ "$recipe" = eccv16-l2-ft ]; then words+=(--start "$OUT/eccv16-full"); fi
    if [ -e "$run/settings.json" ]; then words+=(--resume); fi # a finished run is left as it is
    echo "== $recipe ${budget[*]}"
    "$PHOTOCHROM" train "$recipe" "${words[@]}"
    if [ ! -e "$run.onnx" ]; then "$PHOTOCHROM" export "$run" -o "$run.onnx"; fi
    "$PHOTOCHROM" colorize "${photos[@]}" --model "$run.onnx" -o "$OUT/colored/$recipe" --force
done

models=(--model random)
for recipe in $SYSTEMS; do models+=(--model "$recipe=$OUT/$recipe.onnx"); done
"$PHOTOCHROM" evaluate "$EVAL" "${models[@]}" --out "$OUT/report" "$@"
