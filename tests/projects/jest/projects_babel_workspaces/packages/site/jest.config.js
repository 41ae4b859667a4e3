module.exports = {
  displayName: { name: 'site', color: 'magenta' },
  transform: { '\\.[jt]s$': ['babel-jest', { rootMode: 'upward' }] },
};
