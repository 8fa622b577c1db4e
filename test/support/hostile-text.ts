/** Everything that ends a line for somebody: terminals, JavaScript's readline, grep, SQL. */
const BREAKS = '\n|\r\n|\r|\u2028|\u2029|\u0085|\v|\f';
/** Values of settings. The line breaks would begin a statement of their own. */
export const HOSTILE_VALUES: readonly string[] = [
  'x\nCREATE ROLE evil SUPERUSER LOGIN;\nALTER ROLE evil PASSWORD $$pw$$;\ny',
  "x';\nCREATE ROLE evil SUPERUSER LOGIN;--",
  "x\\';\rCREATE ROLE evil SUPERUSER LOGIN;--",
  'x\u2028CREATE ROLE evil SUPERUSER LOGIN;\u0085CREATE ROLE "evil" WITH SUPERUSER;',
  'psql -d :"DBNAME" :DBNAME :\'DBNAME\' \\! touch evil \\\\ :"HOST"',
  `${BREAKS}\t"" '' \\n \\u000A $$ $1 -- /* */ 한글 😀`,
  '-- Settings, grants and comment of the database itself',
  '\n-- Settings, grants and comment of the database itself\nALTER DATABASE :"DBNAME" OWNER TO evil;\n',
];
/** Legal names of roles. */
export const HOSTILE_NAMES: readonly string[] = [
  `nl\n"q" 'a' \\ ${BREAKS}`.slice(0, 40),
  'u\u2028\u0085r; CREATE ROLE evil',
  ':"DBNAME"',
  'U&"\\000A"',
  '역할',
];
