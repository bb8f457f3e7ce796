"""Sentences: data."""

SENTENCES: dict[str, tuple[str, str]] = {
    # What the data sets are
    "data.about_digits": (
        "1,797 handwritten digits of 8 x 8 pixels; needs no download",
        "1,797 个 8 x 8 像素的手写数字，无需下载",
    ),
    "data.about_iris": (
        "150 iris flowers of three species, four measurements each",
        "三个品种共 150 朵鸢尾花，每朵四项测量值",
    ),
    "data.about_mnist": (
        "70,000 handwritten digits of 28 x 28 pixels; downloaded once",
        "70,000 个 28 x 28 像素的手写数字，只需下载一次",
    ),
    "data.about_fashion_mnist": (
        "70,000 pictures of clothes, 28 x 28 pixels, ten kinds; downloaded once",
        "70,000 张 28 x 28 像素的服饰图片，共十类，只需下载一次",
    ),
    "data.about_zhou": (
        "four people's weight and height, and whether they are female or male; two more as test",
        "四个人的体重、身高与性别，另有两人用于测试",
    ),
    "data.about_xor": (
        "exclusive or: four points that no straight line separates",
        "异或：任何直线都分不开的四个点",
    ),
    "data.about_spiral": ("three spiral arms in a plane", "平面上的三条螺旋臂"),
    "data.about_moons": ("two interleaving half moons in a plane", "平面上两个相互交错的半月"),
    "data.about_circles": ("a circle inside a circle", "大圆套小圆"),
    # Choosing a data set and its parts
    "data.unknown_name": (
        "there is no data set '{name}'; there are {names}, or give the path of a CSV, Parquet, NPZ or IDX file or of a folder",
        "没有名为“{name}”的数据集；可用的有 {names}，也可给出 CSV、Parquet、NPZ、IDX 文件或文件夹的路径",
    ),
    "data.near_name": (
        "there is no data set '{name}' (did you mean '{near}'?); there are {names}, or give the path of a CSV, Parquet, "
        "NPZ or IDX file or of a folder",
        "没有名为“{name}”的数据集（是否想用“{near}”？）；可用的有 {names}，也可给出 CSV、Parquet、NPZ、IDX 文件或文件夹的路径",
    ),
    "data.validation_fraction": (
        "the validation part is a fraction from 0 to less than 1, not {value}",
        "验证集的比例应大于等于 0 且小于 1，而不是 {value}",
    ),
    "data.samples_range": (
        "the number of samples to train on is from 1 to {count}, as many as {name} has, not {value}",
        "训练样本数应在 1 到 {count}（{name} 的样本总数）之间，而不是 {value}",
    ),
    "data.no_file": (
        "there is no file or folder {path}; it was looked for as {absolute}",
        "没有文件或文件夹 {path}；查找的位置是 {absolute}",
    ),
    "data.file_kind": (
        "{path} is of no kind that can be read; give a .csv (or .tsv, .txt), .parquet, .npz or .npy file, an IDX file "
        "(such as train-images-idx3-ubyte.gz), or a folder",
        "{path} 的类型无法读取；应为 .csv（或 .tsv、.txt）、.parquet、.npz、.npy、IDX 文件（如 train-images-idx3-ubyte.gz）或文件夹",
    ),
    "data.only_tables": (
        "columns of targets and of weights can be chosen in a CSV or Parquet file only, not in {path}",
        "只有 CSV 或 Parquet 文件才能选择目标列和权重列，{path} 不能",
    ),
    "data.not_there": (
        "the files of {name} are not there; {files} (.gz or not) were looked for in {places}",
        "没有找到 {name} 的文件；在 {places} 中查找了 {files}（带或不带 .gz）",
    ),
    "data.other_set": (
        "the files in {place} are those of {owner}, not of {name}, though they are named alike",
        "{place} 中的文件虽然同名，却属于 {owner}，而不是 {name}",
    ),
    # Files in general
    "data.unreadable": ("{path} cannot be read: {reason}", "无法读取 {path}：{reason}"),
    "data.too_large": (
        "{path} would take {size:,} bytes of memory; at most {limit:,} are read",
        "{path} 需要 {size:,} 字节内存；最多只读取 {limit:,} 字节",
    ),
    "data.no_samples": ("{path} holds no samples", "{path} 中没有样本"),
    "data.line": ("line {number}", "第 {number} 行"),
    "data.sample": ("sample {number}", "第 {number} 个样本"),
    "data.column": ("column {name}", "“{name}”列"),
    "data.feature": ("input {number}", "第 {number} 个输入"),
    # Arrays that are given
    "data.levels": (
        "the pictures' levels range from {lowest:g} to {highest:g}, which is too wide to be scaled; give them in another "
        "unit",
        "图片的灰度从 {lowest:g} 到 {highest:g}，相差太大，无法缩放；请换一个单位",
    ),
    "data.not_pair": (
        "samples are given as a pair (x, y), not as {found}",
        "样本应以 (x, y) 的形式给出，而不是 {found}",
    ),
    "data.ragged": (
        "{what} is no array: its rows have different lengths",
        "{what} 不是数组：各行长度不一",
    ),
    "data.flat_x": (
        "x has shape {shape}, one dimension, where (samples, features) is expected; for a single feature give "
        "x.reshape(-1, 1), shape ({count}, 1), and for a single sample x.reshape(1, -1)",
        "x 的形状为 {shape}，只有一维，应为（样本数，特征数）；若只有一个特征，请用 x.reshape(-1, 1)，"
        "形状为 ({count}, 1)；若只有一个样本，请用 x.reshape(1, -1)",
    ),
    "data.rank": (
        "{what} has shape {shape}; expected {expected}",
        "{what} 的形状为 {shape}；应为 {expected}",
    ),
    "data.no_numbers": (
        "{what} is of type {dtype}; expected numbers",
        "{what} 的类型是 {dtype}；应为数字",
    ),
    "data.no_number": (
        "{what} holds {found} at {position}, which is no number; every value must be a real number",
        "{what} 在 {position} 处的值为 {found}，不是数字；所有值都必须是实数",
    ),
    "data.not_array": (
        "{what} is of type {found}; expected an array, a list of values or rows, or a table such as a DataFrame",
        "{what} 的类型是 {found}；应为数组、由值或行组成的列表，或 DataFrame 之类的表格",
    ),
    "data.records": (
        "{what} is an array of records with the fields {fields}; give its fields as columns, as with "
        "numpy.lib.recfunctions.structured_to_unstructured({what})",
        "{what} 是由记录组成的数组，字段为 {fields}；请将各字段作为列给出，例如用 "
        "numpy.lib.recfunctions.structured_to_unstructured({what})",
    ),
    "data.beyond": (
        "{what} holds at {position} a number that is too large for a float; give it in another unit",
        "{what} 在 {position} 处的数过大，浮点数无法表示；请换一个单位",
    ),
    "data.mixed": (
        "{what} holds text, but {found} at {position} is none; give all labels as text, or all as numbers",
        "{what} 中有文本，而 {position} 处的 {found} 不是文本；请将标签全部以文本给出，或全部以数字给出",
    ),
    "data.bytes": (
        "{what} holds bytes, {found} at {position}; give labels as text, as from bytes.decode()",
        "{what} 在 {position} 处的值 {found} 是字节串；请以文本给出标签，例如用 bytes.decode()",
    ),
    "data.missing": (
        "{what} has no value at {position} ({found}); fill in what is missing, or leave that sample out",
        "{what} 在 {position} 处没有值（{found}）；请填补缺失值，或去掉该样本",
    ),
    "data.masked": (
        "{what} is masked at {position}, so a value is missing there; fill it in, as with numpy.ma.filled, or leave "
        "that sample out",
        "{what} 在 {position} 处被屏蔽（masked），即缺少值；请填补（例如用 numpy.ma.filled），或去掉该样本",
    ),
    "data.sparse": (
        "{what} is a sparse matrix ({found}); give {what}.toarray()",
        "{what} 是稀疏矩阵（{found}）；请改用 {what}.toarray()",
    ),
    "data.columns": (
        "the columns are not those of {name}: missing {missing}, unknown {extra}; give the same columns in any order, "
        "or an array without names",
        "列与 {name} 的不同：缺少 {missing}，多出 {extra}；请给出同样的列（顺序不限），或没有列名的数组",
    ),
    "data.columns_missing": (
        "the columns are not those of {name}: missing {missing}; give the same columns in any order, or an array "
        "without names",
        "列与 {name} 的不同：缺少 {missing}；请给出同样的列（顺序不限），或没有列名的数组",
    ),
    "data.columns_unknown": (
        "the columns are not those of {name}: unknown {extra}; give the same columns in any order, or an array "
        "without names",
        "列与 {name} 的不同：多出 {extra}；请给出同样的列（顺序不限），或没有列名的数组",
    ),
    "data.column_twice": (
        "two columns of {what} are called {found}; give every column a name of its own, or an array without names",
        "{what} 中有两列都名为 {found}；每一列应有自己的名称，或请给出没有列名的数组",
    ),
    "data.columns_alike": (
        "two columns of {what} are called {found}, one by text and one by another type; give them names that differ as "
        "text, or an array without names",
        "{what} 中有两列都名为 {found}，其中一个名称是文本，另一个是其他类型；请使名称作为文本也各不相同，或给出没有列名的数组",
    ),
    "data.other_values": (
        "the column '{column}' of {name} holds other values than that of {other}; read the file with `evaluate`, or with "
        "the values that were learned",
        "{name} 的“{column}”列的取值与 {other} 的不同；请用 `evaluate` 读取文件，或使用学过的取值",
    ),
    "data.empty_array": (
        "{what} has shape {shape}: there is nothing in it",
        "{what} 的形状为 {shape}，其中没有内容",
    ),
    "data.not_finite": (
        "{what} holds {value} at {position}; every value must be a finite number",
        "{what} 在 {position} 处的值为 {value}；所有值都必须是有限的数",
    ),
    "data.lengths": (
        "x has {x} samples and y has {y}; they must be equally many",
        "x 有 {x} 个样本，y 有 {y} 个；两者必须相等",
    ),
    "data.width": (
        "x has {found} features a sample, but {name} has {expected}",
        "x 每个样本有 {found} 个特征，而 {name} 有 {expected} 个",
    ),
    "data.y_label": (
        "{what}[{row}] is {found}, which is none of the classes of {name}: {expected}",
        "{what}[{row}] 为 {found}，不属于 {name} 的任何类别：{expected}",
    ),
    "data.two_readings": (
        "{what}[{row}] is {found}, which may be the class {found} of {name} or the place of the class {place}; give "
        "class names as text",
        "{what}[{row}] 为 {found}，既可能是 {name} 的类别名 {found}，也可能是类别 {place} 的位置；请以文本给出类别名",
    ),
    "data.one_hot": (
        "{what} is one-hot with {found} columns, but {name} has {expected} classes; a column for each is expected",
        "{what} 是 {found} 列的 one-hot 编码，而 {name} 有 {expected} 个类别；每个类别应有一列",
    ),
    "data.class_twice": (
        "the array 'classes' names the class '{found}' twice; every class needs a name of its own",
        "数组“classes”中有两个名为“{found}”的类别；每个类别应有自己的名称",
    ),
    "data.y_kind": (
        "y holds {found}, but the targets of {name} are numbers of shape (samples, {expected})",
        "y 的内容是 {found}，而 {name} 的目标是数值，形状为（样本数，{expected}）",
    ),
    "data.weights": (
        "sample_weight[{row}] is {found}; weights must be at least 0, and some above 0",
        "sample_weight[{row}] 为 {found}；权重不能小于 0，且不能全为 0",
    ),
    "data.negative_label": (
        "y[{row}] is {found}, but class numbers start at 0, or are -1 and 1 where there are two; "
        "give any other names of classes as text, and quantities as floats",
        "y[{row}] 为 {found}，而类别编号应从 0 开始（只有两类时也可用 -1 和 1）；其他类别名请以文本给出，数量请以浮点数给出",
    ),
    "data.whole_numbers": (
        "y holds {count} different whole numbers, which are classes, but the network has one output; give quantities "
        "as floats, or the network an output for each class",
        "y 有 {count} 个不同的整数，视为类别，而网络只有一个输出；若表示数量，请以浮点数给出；若表示类别，每个类别应有一个输出",
    ),
    "data.many_classes": (
        "y holds {count} different whole numbers, more than the {limit} classes that there may be; "
        "give quantities as floats",
        "y 有 {count} 个不同的整数，超过类别数上限 {limit}；若表示数量，请以浮点数给出",
    ),
    "data.in_file": ("{path}: {problem}", "{path}：{problem}"),
    # NPZ
    "data.npz_damaged": (
        "{path} is not an NPZ file, or a damaged one; numpy.savez writes such files",
        "{path} 不是 NPZ 文件，或已损坏；可用 numpy.savez 生成",
    ),
    "data.npz_bomb": (
        "{path} would unpack from {packed:,} to {size:,} bytes, which no honest data does; it is not opened",
        "{path} 会从 {packed:,} 字节解压为 {size:,} 字节，正常的数据不会如此；不予打开",
    ),
    "data.npz_member": (
        "{path}: the array '{name}' is not plain numbers or text as numpy.savez saves them; anything else, "
        "such as pickled objects, is not opened",
        "{path}：数组“{name}”不是 numpy.savez 保存的普通数字或文本；其他内容（如 pickle 对象）一律不读取",
    ),
    "data.npz_twice": (
        "{path} holds the array '{name}' twice (upper and lower case are the same); keep one of them",
        "{path} 中有两个名为“{name}”的数组（不区分大小写）；请只保留一个",
    ),
    "data.npz_encrypted": (
        "{path}: the array '{name}' is encrypted; save it without a password",
        "{path}：数组“{name}”已加密；请在不设密码的情况下重新保存",
    ),
    "data.npz_claims": (
        "{path} cannot be right: the array '{name}' says that it has {expected:,} bytes, but {found:,} are there",
        "{path} 有误：数组“{name}”声称有 {expected:,} 字节，实际为 {found:,} 字节",
    ),
    "data.npz_names": (
        "{path} holds the arrays {found}; expected x and y, or x_train, y_train, x_test and y_test",
        "{path} 中的数组为 {found}；应为 x 和 y，或 x_train、y_train、x_test 和 y_test",
    ),
    # NPY
    "data.npy_kind": (
        "{path} is no NPY file of plain numbers or text, as numpy.save writes them; anything else, such as pickled "
        "objects, is not opened",
        "{path} 不是 numpy.save 保存的普通数字或文本的 NPY 文件；其他内容（如 pickle 对象）一律不读取",
    ),
    "data.npy_claims": (
        "{path} cannot be right: it says that its array has {expected:,} bytes, but {found:,} are there",
        "{path} 有误：文件声称其数组有 {expected:,} 字节，实际为 {found:,} 字节",
    ),
    "data.npy_names": (
        "{path}: found {found}; expected a folder with x.npy and y.npy, or with x_train.npy, y_train.npy, x_test.npy "
        "and y_test.npy",
        "{path}：找到的是 {found}；应为含有 x.npy 和 y.npy 的文件夹，或含有 x_train.npy、y_train.npy、x_test.npy 和 y_test.npy 的文件夹",
    ),
    # IDX
    "data.gzip_damaged": (
        "{path} is a damaged gzip file; get it again",
        "gzip 文件 {path} 已损坏；请重新获取",
    ),
    "data.idx_magic": (
        "{path} is not an IDX file: it starts with the bytes {found}, where 00 00, a type (08, 09, 0b, 0c, 0d or 0e) "
        "and the number of dimensions are expected",
        "{path} 不是 IDX 文件：开头的字节是 {found}，应为 00 00、类型（08、09、0b、0c、0d 或 0e）和维数",
    ),
    "data.idx_length": (
        "{path} is cut short: its header asks for {expected:,} bytes, but {found:,} are there",
        "{path} 不完整：文件头要求 {expected:,} 字节，实际只有 {found:,} 字节",
    ),
    "data.idx_claims": (
        "{path} cannot be right: its header says {shape} items, {expected:,} bytes, but the file can hold "
        "{found:,} at most",
        "{path} 有误：文件头声称有 {shape} 项、共 {expected:,} 字节，而该文件最多只能容纳 {found:,} 字节",
    ),
    "data.idx_trailing": (
        "{path} goes on after its end: its header says {shape} items, {expected:,} bytes in all, but more follow",
        "{path} 末尾有多余内容：文件头声称有 {shape} 项、共 {expected:,} 字节，其后却还有数据",
    ),
    "data.idx_not_images": (
        "{path} holds {dtype} of shape {shape}; expected pictures, unsigned bytes in three dimensions",
        "{path} 中是形状为 {shape} 的 {dtype}；应为图片，即三维的无符号字节",
    ),
    "data.idx_not_labels": (
        "{path} holds {dtype} of shape {shape}; expected labels, whole numbers in one dimension",
        "{path} 中是形状为 {shape} 的 {dtype}；应为标签，即一维的整数",
    ),
    "data.idx_pair": (
        "{images} holds {count:,} pictures, but {labels} holds {found:,} labels",
        "{images} 有 {count:,} 张图片，而 {labels} 有 {found:,} 个标签",
    ),
    "data.idx_size": (
        "{path} holds pictures of {found[0]} x {found[1]} pixels; expected {expected[0]} x {expected[1]}",
        "{path} 中的图片为 {found[0]} x {found[1]} 像素；应为 {expected[0]} x {expected[1]}",
    ),
    "data.label_range": (
        "{path}: label {row}, counted from 1, is {found}; the classes are 0 to {top}",
        "{path}：第 {row} 个标签为 {found}；类别应在 0 到 {top} 之间",
    ),
    "data.idx_folder": (
        "{path} holds {count} IDX files of training images (such as train-images-idx3-ubyte.gz), and exactly one is "
        "expected; otherwise name the file itself",
        "{path} 中有 {count} 个训练图片的 IDX 文件（如 train-images-idx3-ubyte.gz），应恰好有一个；否则请直接给出文件",
    ),
    "data.idx_name": (
        "{path} is not named as an IDX file of images (such as train-images-idx3-ubyte.gz); "
        "give that one, its labels are found beside it",
        "{path} 的名称不是图片 IDX 文件的名称（如 train-images-idx3-ubyte.gz）；请给出图片文件，标签文件会在同一文件夹中找到",
    ),
    "data.idx_no_labels": (
        "there is no file of labels beside {path}; it has the same name with 'labels' for 'images' and 'idx1' for 'idx3'",
        "{path} 旁边没有标签文件；标签文件的名称应把 images 换成 labels，把 idx3 换成 idx1",
    ),
    # Pictures
    "data.picture_damaged": (
        "{path} is not a PNG or JPEG picture, or a damaged one",
        "{path} 不是 PNG 或 JPEG 图片，或已损坏",
    ),
    "data.picture_huge": (
        "reading {path} would take {size:,} bytes of memory, and a picture may take {limit:,}; make it smaller",
        "读取 {path} 需要 {size:,} 字节内存，而图片最多可用 {limit:,} 字节；请先缩小图片",
    ),
    "data.picture_blank": (
        "{path} shows nothing: no ink stands out from its background",
        "{path} 是空白的：没有与背景明显不同的笔迹",
    ),
    "data.picture_size": (
        "{path} has {found[0]} x {found[1]} pixels (height x width); expected {expected[0]} x {expected[1]}",
        "{path} 为 {found[0]} x {found[1]} 像素（高 x 宽）；应为 {expected[0]} x {expected[1]}",
    ),
    "data.no_pictures": (
        "{path} is a picture, but the model learned from {name}, which holds no pictures",
        "{path} 是图片，但该模型学习的数据集 {name} 不含图片",
    ),
    "data.folder_classes": (
        "{path} has {found} sub-folders; expected one for each class of pictures, 2 to {limit} in all",
        "{path} 中有 {found} 个子文件夹；应为每类图片一个，共 2 到 {limit} 个",
    ),
    "data.folder_empty": (
        "{path} holds no PNG or JPEG pictures (.png, .jpg, .jpeg)",
        "{path} 中没有 PNG 或 JPEG 图片（.png、.jpg、.jpeg）",
    ),
    "data.folder_unknown": (
        "{path} is none of the classes of the training pictures: {expected}",
        "{path} 不属于训练图片的任何类别：{expected}",
    ),
    # Tables
    "data.encoding": (
        "{path}, line {line}: this is not UTF-8 text; save the file as 'CSV UTF-8'",
        "{path} 第 {line} 行：不是 UTF-8 文本；请将文件另存为“CSV UTF-8”格式",
    ),
    "data.csv_syntax": (
        "{path}, line {line}: a quoted cell does not end as it should, or a cell is too long",
        "{path} 第 {line} 行：带引号的单元格没有正确结束，或单元格过长",
    ),
    "data.long_line": (
        "{path}, line {line}: it has more than {letters:,} characters or {most:,} cells, the most that are read",
        "{path} 第 {line} 行：超过 {letters:,} 个字符或 {most:,} 个单元格，这是可读取的上限",
    ),
    "data.many_columns": (
        "{path} has {found:,} columns; at most {most:,} are read",
        "{path} 有 {found:,} 列；最多只读取 {most:,} 列",
    ),
    "data.csv_empty": (
        "{path} is empty; expected a line with the names of the columns, then a line for each sample",
        "{path} 是空文件；第一行应为列名，之后每行一个样本",
    ),
    "data.csv_header_only": (
        "{path} has a line of column names and no samples below it",
        "{path} 只有列名一行，没有任何样本",
    ),
    "data.ragged_row": (
        "{path}, line {line}: there are {found} cells, but {expected} columns",
        "{path} 第 {line} 行：有 {found} 个单元格，而列数为 {expected}",
    ),
    "data.no_header": (
        "{path}: the first line ({found}, ...) looks like a sample; it must hold the names of the columns",
        "{path}：首行（{found}……）看起来是一个样本；首行应为列名",
    ),
    "data.empty_name": (
        "{path}: column {position} has no name in the first line",
        "{path}：第 {position} 列在首行没有列名",
    ),
    "data.duplicate_name": (
        "{path}: two columns are named '{column}'; names must differ",
        "{path}：有两列都叫“{column}”；列名不能重复",
    ),
    "data.no_column": (
        "{path} has no column '{column}'; its columns are {columns}",
        "{path} 中没有“{column}”列；现有的列为 {columns}",
    ),
    "data.near_column": (
        "{path} has no column '{column}' (did you mean '{near}'?); its columns are {columns}",
        "{path} 中没有“{column}”列（是否想用“{near}”？）；现有的列为 {columns}",
    ),
    "data.no_inputs": (
        "{path} has no column of inputs besides {taken}, so there is nothing to learn from",
        "{path} 除 {taken} 外没有作为输入的列，没有可供学习的内容",
    ),
    "data.target_and_weights": (
        "{path}: column '{column}' cannot be both the target and the weights of the samples; choose another for one of them",
        "{path}：“{column}”列不能既是目标又是样本权重；请为其中之一另选一列",
    ),
    "data.negative_weight": (
        "{path}, line {line}, column '{column}': the weight is {found:g}; weights must be at least 0",
        "{path} 第 {line} 行“{column}”列：权重为 {found:g}；权重不能小于 0",
    ),
    "data.no_weight": (
        "{path}, column '{column}': every weight is 0, so no sample would count; some must be above 0",
        "{path}“{column}”列：所有权重都是 0，没有样本起作用；至少要有一些大于 0",
    ),
    "data.missing_value": (
        "{path}, line {line}, column '{column}': the value is missing ('{found}'); fill it in, or remove the row or "
        "the column",
        "{path} 第 {line} 行“{column}”列：缺少数值（“{found}”）；请补上，或删除该行或该列",
    ),
    "data.not_a_number": (
        "{path}, line {line}, column '{column}': '{found}' is not a number; this column is one of numbers",
        "{path} 第 {line} 行“{column}”列：“{found}”不是数字；该列应全为数字",
    ),
    "data.decimal_comma": (
        "{path}, line {line}, column '{column}': '{found}' has a decimal comma; write a decimal point",
        "{path} 第 {line} 行“{column}”列：“{found}”用逗号作小数点；请改用句点",
    ),
    "data.infinite": (
        "{path}, line {line}, column '{column}': '{found}' is infinite or too large; every number must be finite",
        "{path} 第 {line} 行“{column}”列：“{found}”为无穷大或过大；所有数字必须是有限的",
    ),
    "data.unseen": (
        "{path}, line {line}, column '{column}': '{found}' is none of the values that the model knows: {expected}",
        "{path} 第 {line} 行“{column}”列：“{found}”不是模型已知的取值：{expected}",
    ),
    "data.many_texts": (
        "{path}, column '{column}': {count} different values in {rows} rows look like names or free text, not like "
        "categories; remove the column, or choose another target",
        "{path}“{column}”列：{rows} 行中有 {count} 个不同的值，看起来像名称或自由文本，而不是类别；请删除该列，或另选目标列",
    ),
    "data.one_target": (
        "{path}: classes come from one target column, not from several ({targets})",
        "{path}：类别只能来自一个目标列，而不是多个（{targets}）",
    ),
    "data.constant_target": (
        "{path}, column '{column}': every row says '{found}', so there is nothing to tell apart",
        "{path}“{column}”列：每一行都是“{found}”，没有可区分的内容",
    ),
    # Parquet
    "data.parquet_damaged": (
        "{path} is not a Parquet file, or a damaged one",
        "{path} 不是 Parquet 文件，或已损坏",
    ),
    "data.parquet_column": (
        "{path}, column '{column}': it holds {found}; expected numbers or text",
        "{path}“{column}”列：内容的类型是 {found}；应为数字或文本",
    ),
    # Downloads
    "data.offline": (
        "{names} are not on this machine, and nothing is to be downloaded; get them from {address} elsewhere and put "
        "them into {folder}",
        "本机没有 {names}，而当前不允许下载；请另行从 {address} 获取，并放入 {folder}",
    ),
    "data.unwritable": ("files cannot be kept in {path}: {reason}", "无法在 {path} 中保存文件：{reason}"),
    "data.no_mirror": (
        "{name} could not be downloaded; put it into {folder} yourself, or try again later{reasons}",
        "无法下载 {name}；请自行放入 {folder}，或稍后再试{reasons}",
    ),
    "data.checksum": (
        "what came is not the file that was published (its MD5 is not {expected})",
        "下载内容与发布的文件不符（MD5 不是 {expected}）",
    ),
    "data.http_range": ("the server sent another piece than asked for", "服务器发送的片段与请求的不符"),
    "data.http_status": ("the server answered with status {status}", "服务器返回状态 {status}"),
    "data.no_host": (
        "the name of the server cannot be looked up; check the network",
        "无法解析服务器的名称；请检查网络",
    ),
    "data.connection": ("the connection failed ({reason})", "连接失败（{reason}）"),
    "data.hung_up": ("the server hung up in the middle of its answer", "服务器在应答中途断开了连接"),
    "data.not_http": (
        "the server does not send valid HTTP: '{found}'",
        "服务器发送的内容不是有效的 HTTP：“{found}”",
    ),
    "data.beside": (
        "the server sends too much beside the file itself, such as headers",
        "服务器在文件本身之外发送的内容（如标头）过多",
    ),
    "data.redirections": (
        "the server redirects more than {most} times",
        "服务器的重定向超过 {most} 次",
    ),
    "data.address": ("{address} is not an address that can be requested", "{address} 不是可以访问的地址"),
    "data.proxy": (
        "the proxy that {variable} names is not an address; it is written http://HOST:PORT",
        "{variable} 所指定的代理不是有效的地址；应写作 http://HOST:PORT",
    ),
    "data.proxy_status": ("the proxy answered with status {status}", "代理返回状态 {status}"),
    "data.waits": (
        "another process is downloading into {folder}; this one waits for it",
        "另一个进程正在向 {folder} 下载；本进程等待其完成",
    ),
    "data.busy": (
        "another process holds {folder} for its download and has got no further in {seconds:g} seconds; end it, or "
        "try again later",
        "另一个进程为下载占用 {folder}，{seconds:g} 秒内毫无进展；请结束该进程，或稍后再试",
    ),
    "data.longer": ("the server sends more than {limit:,} bytes", "服务器发送的内容超过 {limit:,} 字节"),
    "data.slow": ("the server sends only {rate} bytes a second", "服务器每秒只发送 {rate} 字节"),
    "data.cut_short": (
        "the connection broke after {received:,} of {total:,} bytes",
        "连接在收到 {total:,} 字节中的 {received:,} 字节后中断",
    ),
    "data.https_only": ("{address} is not an https address", "{address} 不是 https 地址"),
}
