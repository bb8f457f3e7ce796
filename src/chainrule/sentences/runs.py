"""Sentences: runs that lie in folders, and what tells them apart."""

SENTENCES: dict[str, tuple[str, str]] = {
    # Help
    "cli.about.runs": (
        "List the runs in a folder, or compare some of them.\n"
        "Without a folder those in runs, newest first. With two or more runs: the settings in which they differ, and "
        "their results side by side. Damaged folders are listed as such.",
        "列出文件夹中的训练，或比较其中几个。\n"
        "不指定文件夹时列出 runs 中的训练，最新的在前。指定两个或更多训练时，并排给出它们不同的设置和各自的结果。"
        "损坏的文件夹也会列出并注明。",
    ),
    "cli.help.runs.folders": (
        "a folder of runs (runs), a single run, or two or more runs to compare",
        "存放训练的文件夹（缺省为 runs）、单个训练，或要比较的两个或更多训练",
    ),
    "cli.help.runs.sort": (
        "newest, name, epochs, validation, test or seconds; the best first (newest)",
        "排序方式：newest、name、epochs、validation、test 或 seconds，好的在前（newest）",
    ),
    # What it says
    "runs.none": (
        "There are no runs in {folder}; chainrule train makes one.",
        "{folder} 中没有训练；可用 chainrule train 开始一个。",
    ),
    "runs.no_folder": ("{folder} cannot be listed: {reason}", "无法列出 {folder}：{reason}"),
    "runs.problem": ("{run}: {problem}", "{run}：{problem}"),
    "runs.differences": ("Settings that differ", "不同的设置"),
    "runs.same": ("All were begun with the same settings.", "各训练开始时的设置全都相同。"),
    "runs.results": ("Results", "结果"),
    "runs.comma": (", ", "，"),
    "runs.not_given": ("not given", "未指定"),
    # Columns
    "runs.run": ("run", "训练"),
    "runs.dataset": ("data set", "数据集"),
    "runs.network": ("network", "网络"),
    "runs.settings": ("settings", "设置"),
    "runs.state": ("state", "状态"),
    "runs.epochs": ("epochs", "轮数"),
    "runs.validation": ("validation", "验证"),
    "runs.test": ("test", "测试"),
    "runs.seconds": ("seconds", "用时（秒）"),
    "runs.train_loss": ("training loss", "训练损失"),
    "runs.state.running": ("running", "进行中"),
    "runs.state.finished": ("finished", "已完成"),
    "runs.state.interrupted": ("interrupted", "已中断"),
    "runs.state.failed": ("failed", "失败"),
    "runs.state.killed": ("killed", "被终止"),
    "runs.state.damaged": ("damaged", "已损坏"),
}
