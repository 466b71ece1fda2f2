"""Rows of the README's table of figures: pictures classified, captioned, generated, remade and edited."""

import statistics

from common import on_cores, read


def accuracy_rows() -> list[str]:
    """One row for each data set and budget: the median over seeds of what a run on a quiet machine gave."""
    found: dict[tuple[str, float], list[dict]] = {}
    for row in read("classify_accuracy").get("rows", []):
        if row["test_accuracy"] is not None:
            found.setdefault((row["data"], row["minutes"]), []).append(row)
    rows = []
    for (data, minutes), runs in sorted(found.items()):
        accuracy = statistics.median(run["test_accuracy"] for run in runs)
        baseline = max(scores["accuracy"] for scores in runs[0]["baselines"].values())
        spread = f", {len(runs)} seeds" if len(runs) > 1 else ""
        seconds = statistics.median(run["seconds"] for run in runs)
        rows.append(
            f"| classify {data}, `--minutes {minutes:g}` | {accuracy:.2%} test accuracy{spread} "
            f"| {baseline:.2%} (the better of majority and linear) | {seconds:.1f} s |"
        )
    return rows


def caption_rows() -> list[str]:
    """One row for each data set and budget: the mean over seeds, beside what can be said without looking."""
    found = read("caption_score")
    rows = []
    for kind in found.get("means", []):
        if kind["who"] != "guina" or kind["settings"]:
            continue
        same = [row for row in found["rows"] if (row["data"], row["minutes"]) == (kind["data"], kind["minutes"])]
        ours = [row for row in same if row["who"] == "guina" and not row["settings"]]
        blind = [row["score"] for row in same if row["who"] == "blind"]
        known = {name: ours[0]["baselines"].get(name) for name in ("one sentence", "nearest pictures")}
        beside = [f"{both(scores)} {name}" for name, scores in known.items() if scores]
        beside += [f"{both(scores)} its blind twin" for scores in blind]
        sd = kind["sd"]
        spread = f" ± {sd['bleu4']:.1f}" if sd["bleu4"] is not None else ""
        spread_d = f" ± {sd['cider_d']:.3f}" if sd["cider_d"] is not None else ""
        seeds = f", {len(ours)} seeds" if len(ours) > 1 else ""
        rows.append(
            f"| caption {kind['data']}, `--minutes {kind['minutes']:g}`{on_cores(ours)} "
            f"| {kind['mean']['bleu4']:.1f}{spread} BLEU-4, {kind['mean']['cider_d']:.3f}{spread_d} CIDEr-D "
            f"on its dev pictures{seeds} | {', '.join(beside)} "
            f"| {statistics.median(row['seconds'] for row in ours):.0f} s |"
        )
    if speed := read("caption_speed"):
        rates, steps = speed["pictures_per_second"], speed["training"]
        told = ", ".join(f"{rate:.0f} {name}" for name, rate in rates.items())
        rows.append(f"| caption, size {speed['size']}, pictures/s, threads: {speed['threads']} | {told} | | |")
        rows += [
            f"| caption, training, phase {phase} | {one['guina']:.1f} steps/s "
            f"| {one['bare']:.1f} in a bare PyTorch loop | × {one['ratio']:.2f} |"
            for phase, one in steps.items()
        ]
    return rows


def both(scores: dict[str, float]) -> str:
    return f"{scores['bleu4']:.1f} and {scores['cider_d']:.3f}"


def generate_rows() -> list[str]:
    """One row for each data set, budget, number of threads and settings: the median over seeds."""
    found: dict[tuple, list[dict]] = {}
    for row in read("generate_quality").get("rows", []):
        found.setdefault((row["data"], row["minutes"], row["threads"], row["settings"]), []).append(row)
    rows = []
    for (data, minutes, threads, settings), runs in sorted(found.items()):
        fd = statistics.median(run["fd"] for run in runs)
        real, simplest = (runs[0]["baselines"][name]["fd"] for name in ("training pictures", "Gaussian"))
        beside = f"{real:.2f} training pictures, {simplest:.1f} a Gaussian in PCA space"
        if games := [run for run in runs if "dcgan" in run]:
            dcgan = statistics.median(run["dcgan"]["fd"] for run in games)
            best = statistics.median(run["dcgan"]["fd_best"] for run in games)
            beside = f"{dcgan:.2f} a batch-norm DCGAN (its best look {best:.2f}), {beside}"
        cores = "one core" if threads == 1 else f"{threads} cores"
        spread = f" (median of {len(runs)} seeds)" if len(runs) > 1 else ""
        collapsed = sum(run["went_back"] for run in runs)
        what = f"generate {data}, `--minutes {minutes:g}{' ' + settings if settings else ''}`, {cores}"
        rows.append(
            f"| {what} | house-FD {fd:.2f}{spread}; {collapsed} collapses "
            f"| {beside} | {statistics.median(run['seconds'] for run in runs):.0f} s |"
        )
    return rows


def repaint_rows() -> list[str]:
    """One row for each job, data set and budget: the mean over seeds, beside the same without a critic."""
    found = read("repaint_score")
    names = ("job", "data", "minutes", "settings", "who")
    kinds = {tuple(kind[name] for name in names): kind for kind in found.get("means", [])}
    rows = []
    for key, kind in kinds.items():
        if kind["who"] != "guina":
            continue
        same = [row for row in found["rows"] if tuple(row[name] for name in names) == key]
        seconds = statistics.median(row["seconds"] for row in same)
        alone = kinds.get((*key[:-1], "pixels"))
        told = REMADE[kind["job"]]
        simplest = same[0]["baselines"].get("harmonic", {})
        beside = [f"{told(simplest, {})} the harmonic fill"] if simplest else []
        beside += [f"{told(alone['mean'], alone['sd'])} from pixels alone"] if alone else []
        seeds = f", {len(kind['seeds'])} seeds" if len(kind["seeds"]) > 1 else ""
        settings = f" {kind['settings']}" if kind["settings"] else ""
        rows.append(
            f"| {kind['job']} {kind['data']}, `--minutes {kind['minutes']:g}{settings}`{on_cores(same)} "
            f"| {told(kind['mean'], kind['sd'])}{seeds} | {', '.join(beside)} | {seconds:.0f} s |"
        )
    rows += [
        f"| {row['job']}, training, size {row['size']}, phase {phase} | {one['guina']:.1f} steps/s "
        f"| {one['bare']:.1f} in a bare PyTorch loop | × {one['ratio']:.2f} |"
        for row in read("repaint_speed").get("rows", [])
        for phase, one in row["training"].items()
    ]
    return rows


def of_colours(mean: dict[str, float], sd: dict[str, float | None]) -> str:
    told = f"{give(mean, sd, 'psnr')} dB, {give(mean, sd, 'colorfulness')} of the colourfulness, house-FD"
    told = f"{told} {give(mean, sd, 'fd')}"
    return f"{told} (multiplied to as many colours {mean['fd_multiplied']:.2f})" if "fd_multiplied" in mean else told


def of_holes(mean: dict[str, float], sd: dict[str, float | None]) -> str:
    return f"{give(mean, sd, 'psnr')} dB in the hole, house-FD {give(mean, sd, 'fd')}"


def give(mean: dict[str, float], sd: dict[str, float | None], name: str) -> str:
    """A mean, and its deviation over seeds where there are several."""
    spread = sd.get(name)
    return f"{mean[name]:.2f}" if spread is None else f"{mean[name]:.2f} ± {spread:.2f}"


REMADE = {"colorize": of_colours, "inpaint": of_holes}


def edit_rows() -> list[str]:
    """One row for each data set: what a classifier of its own tells edited pictures as."""
    return [
        f"| edit {kind['data']}, generate `--minutes {kind['minutes']:g}` | told as the class they were moved to: "
        f"{kind['mean']['samples_told']:.1%} of samples, {kind['mean']['real_told']:.1%} of real pictures "
        f"(found again with {kind['mean']['psnr']:.1f} dB) "
        f"| {kind['mean']['judge_right']:.1%} of real pictures are told as what they are | |"
        for kind in read("edit_score").get("means", [])
        if not kind["settings"]
    ]
