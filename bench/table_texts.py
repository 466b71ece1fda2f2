"""Rows of the README's table of figures: texts written, translated and transcribed."""

import statistics

from common import on_cores, read


def write_rows() -> list[str]:
    """One row for each text and budget; docs/log.md has the runs with other settings."""
    rows = []
    for row in read("write_score").get("rows", []):
        score, baselines = row["score"], row["baselines"]
        if row["settings"]:
            continue
        dynamic = ""
        if "nats_per_char_not_dynamic" in score:
            adapted, not_adapted = score["nats_per_char_dynamic"], score["nats_per_char_not_dynamic"]
            dynamic = f"; learning as it reads {adapted:.4f}, on units that cost {not_adapted:.4f} without"
        rows.append(
            f"| write {row['data']}, `--minutes {row['minutes']:g}` "
            f"| {score['nats_per_char']:.4f} nats a character; "
            f"fresh windows {score['nats_per_char_fresh']:.4f}{dynamic} "
            f"| {baselines['5-gram']['nats_per_char']:.4f} 5-grams, "
            f"{baselines['unigram']['nats_per_char']:.4f} unigrams "
            f"| {row['seconds']:.1f} s |"
        )
    if speed := read("write_speed"):
        rates = speed["characters_per_second"]
        others = ", ".join(f"{rate:,} {name}" for name, rate in rates.items() if name != "guina")
        rows.append(f"| write, size {speed['size']}, characters/s in training | {rates['guina']:,} | {others} | |")
        written = speed["written_per_second_one_thread"]
        rows.append(f"| the same, characters/s written on one thread | {written:,} | | |")
    return rows


def translate_rows() -> list[str]:
    """One row for each direction and budget: the mean over seeds, and its standard deviation."""
    found = read("translate_score")
    kinds = [kind for kind in found.get("means", []) if kind["who"] == "guina" and not kind["settings"]]
    rows = []
    for kind in kinds:
        same = [
            row for row in found["rows"] if (row["direction"], row["minutes"]) == (kind["direction"], kind["minutes"])
        ]
        ours = [row for row in same if row["who"] == "guina" and not row["settings"]]
        theirs = [row for row in same if row["who"] != "guina"]
        spread = f" ± {kind['sd']['bleu']:.2f}, {len(ours)} seeds" if kind["sd"]["bleu"] else ""
        beside = [f"{ours[0]['baselines']['word table']['bleu']:.1f} a table of words (IBM model 1)"]
        known = [(row["score"]["bleu_greedy"], "bfloat16" if "bf16" in row["who"] else "float32") for row in theirs]
        beside += [f"{score:.1f} a transformer as PyTorch's tutorial has it ({how}), greedy" for score, how in known]
        rows.append(
            f"| translate multi30k {kind['direction']}, `--minutes {kind['minutes']:g}` "
            f"| {kind['mean']['bleu']:.2f} BLEU{spread} (cased, detokenised, beam 5; greedy "
            f"{kind['mean']['bleu_greedy']:.2f}) on test_2016_flickr | {', '.join(beside)} "
            f"| {statistics.median(row['seconds'] for row in ours):.0f} s |"
        )
    if speed := read("translate_speed"):
        rates, steps = speed["sentences_per_second"], speed["training"]["steps_per_second"]
        told = ", ".join(f"{rate:.0f} {name}" for name, rate in rates.items())
        rows.append(f"| translate, size {speed['size']}, sentences/s on {speed['threads']} threads | {told} | | |")
        rows.append(
            f"| translate, training, size {speed['size']} | {steps['guina']:.1f} steps/s "
            f"| {steps['bare']:.1f} in a bare PyTorch loop | × {speed['training']['ratio']:.2f} |"
        )
    return rows


def transcribe_rows() -> list[str]:
    """One row for each data set and budget, as it is and with one speaker after the other left out."""
    found = read("transcribe_score")
    rows = []
    for kind in found.get("means", []):
        if kind["who"] != "guina" or kind["settings"]:
            continue
        left_out = kind["a speaker left out"]
        same = [
            row
            for row in found["rows"]
            if (row["data"], row["minutes"], bool(row["left_out"])) == (kind["data"], kind["minutes"], left_out)
        ]
        ours = [row for row in same if row["who"] == "guina" and not row["settings"]]
        beside = [f"{row['score']['wer_greedy']:.1%} a tutorial's network, greedy" for row in same if row not in ours]
        nearest = [row["baselines"].get("nearest recording") for row in ours]
        if all(nearest):
            beside += [f"{statistics.mean(scores['wer'] for scores in nearest):.1%} the nearest recording"]
        sd = kind["sd"]["wer"]
        spread = f" ± {100 * sd:.1f}, {len(ours)} {'speakers' if left_out else 'seeds'}" if sd is not None else ""
        worst = f", the worst {kind['worst']['wer']:.1%}" if left_out else ""
        what = f"{kind['data']}, one speaker left out" if left_out else kind["data"]
        rows.append(
            f"| transcribe {what}, `--minutes {kind['minutes']:g}`{on_cores(ours)} "
            f"| {kind['mean']['wer']:.1%} wrong words{spread}{worst} (greedy {kind['mean']['wer_greedy']:.1%}) "
            f"| {', '.join(beside)} | {statistics.median(row['seconds'] for row in ours):.0f} s |"
        )
    if speed := read("transcribe_speed"):
        heard, hour, steps = speed["times_real_time"], speed["an_hour"], speed["training"]["steps_per_second"]
        rows.append(
            f"| transcribe, size {speed['size']}, times as fast as it is spoken, threads: {speed['threads']} "
            f"| {heard['beam']:.0f}, greedy {heard['greedy']:.0f}; an hour in {hour['peak_anonymous_mb']} MB | | |"
        )
        rows.append(
            f"| transcribe, training, size {speed['size']} | {steps['guina']:.1f} steps/s "
            f"| {steps['bare']:.1f} in a bare PyTorch loop | × {speed['training']['ratio']:.2f} |"
        )
    return rows
