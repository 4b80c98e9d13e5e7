# The comments of the headers as Doxygen reads them: plain "//" becomes "///", behind code "///<", and the first one is the file's.
# Nothing in a comment is markup.
s,(//.*)\\,\1\\\\,g
/^ *\/\//{
  s,<,\&lt;,g
  s,>,\&gt;,g
  s,([@#%]),\\\1,g
}
1{
  s,^// ?,/// \\file\n/// ,
  b
}
s,^( *)// ?,\1/// ,
s,([^ ] +)// ,\1///< ,
