module.exports = {
  displayName: 'slug',
  transform: { '\\.[jt]s$': ['babel-jest', { rootMode: 'upward' }] },
};
