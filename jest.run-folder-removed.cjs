module.exports = require('./jest.run-folder.cjs').remove;
